// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Rfc9162} from "contracts/libraries/Rfc9162.sol";

/// @dev Calls the library from outside, so that a revert can be told from a pass.
contract MerkleCaller {
    function inclusion(bytes32 leaf, uint64 index, uint64 size, bytes32 root, bytes32[] calldata proof) external pure {
        Rfc9162.requireInclusion(leaf, index, size, root, proof);
    }

    function consistency(
        uint64 oldSize,
        uint64 size,
        bytes32 oldRoot,
        bytes32 root,
        bytes32[] calldata proof
    ) external pure {
        Rfc9162.requireConsistency(oldSize, size, oldRoot, root, proof);
    }
}
