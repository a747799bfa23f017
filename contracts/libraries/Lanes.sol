// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Status} from "../types/Types.sol";

/// @title Two-bit lanes
/// @notice A word holds the statuses of 128 neighbours; index i is lane i & 127 of word i >> 7, from the lowest bits.
/// @dev A mask selects lanes by their low bits; `mask * 3` covers them, `mask * s` sets status s in each.
library Lanes {
    uint256 internal constant PER_WORD = 128;
    /// @dev The low bit of every lane.
    uint256 internal constant LOW = type(uint256).max / 3;

    /// @dev Whether the mask selects something, and only by low bits.
    function selects(uint256 mask) internal pure returns (bool) {
        return mask != 0 && mask & ~LOW == 0;
    }

    /// @dev Both bits of every lane of this word whose index is below `limit`. `limit` is below 2^64.
    function below(uint256 word, uint256 limit) internal pure returns (uint256) {
        if (word > limit / PER_WORD) return 0;
        uint256 lanes = limit - word * PER_WORD;
        return lanes >= PER_WORD ? type(uint256).max : (1 << (2 * lanes)) - 1;
    }

    /// @dev Index of the highest lane that is selected; the largest number where no uint64 could hold it.
    function highest(uint256 word, uint256 mask) internal pure returns (uint256) {
        if (word > type(uint64).max) return type(uint256).max;
        return word * PER_WORD + Math.log2(mask) / 2;
    }

    /// @dev Index of the lowest lane that is selected. The mask is not 0, the word below 2^64.
    function lowest(uint256 word, uint256 mask) internal pure returns (uint256) {
        return word * PER_WORD + Math.log2(mask & (~mask + 1)) / 2;
    }

    /// @dev How many lanes are selected.
    function count(uint256 mask) internal pure returns (uint256 lanes) {
        for (; mask != 0; mask &= mask - 1) ++lanes;
    }

    /// @dev The status in one lane.
    function statusAt(uint256 value, uint256 index) internal pure returns (Status) {
        return Status((value >> (2 * (index % PER_WORD))) & 3);
    }

    /// @dev The graver of two: revoked, superseded, suspended, active. s ^ (s >> 1) is each one's rank.
    function worse(Status one, Status other) internal pure returns (Status) {
        uint256 a = uint256(one);
        uint256 b = uint256(other);
        return (a ^ (a >> 1)) >= (b ^ (b >> 1)) ? one : other;
    }
}
