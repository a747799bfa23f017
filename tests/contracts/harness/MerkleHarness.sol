// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Rfc9162} from "../../../contracts/libraries/Rfc9162.sol";

/// @notice Lets a test call the library; nothing else.
contract MerkleHarness {
    function requireConsistency(
        uint64 oldSize,
        uint64 size,
        bytes32 oldRoot,
        bytes32 root,
        bytes32[] calldata proof
    ) external pure {
        Rfc9162.requireConsistency(oldSize, size, oldRoot, root, proof);
    }

    function requireInclusion(
        bytes32 leaf,
        uint64 index,
        uint64 size,
        bytes32 root,
        bytes32[] calldata proof
    ) external pure {
        Rfc9162.requireInclusion(leaf, index, size, root, proof);
    }
}
