// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Lanes} from "contracts/libraries/Lanes.sol";
import {Status} from "contracts/types/Types.sol";
import {MerkleCaller} from "./MerkleCaller.sol";
import {Rfc9162Spec} from "./Rfc9162Spec.sol";

/// @dev The Merkle library against the RFC's own recursive definitions, over trees of any leaves, and the lanes
/// against one lane at a time.
contract LibrariesTest is Rfc9162Spec {
    MerkleCaller private _caller = new MerkleCaller();

    function testFuzz_every_leaf_is_in_its_tree_and_no_other_is(
        bytes32 seed,
        uint16 size,
        uint16 index,
        uint8 damage
    ) external view {
        bytes32[] memory leaves = _leaves(seed, size % 70 + 1);
        index %= uint16(leaves.length);
        bytes32[] memory proof = _path(index, leaves, 0, leaves.length);
        (bytes32 leaf, bytes32 root) = (leaves[index], _head(leaves, 0, leaves.length));
        _caller.inclusion(leaf, index, uint64(leaves.length), root, proof);
        (leaf, root, proof) = _damaged(leaf, root, proof, seed, damage);
        try _caller.inclusion(leaf, index, uint64(leaves.length), root, proof) {
            revert("a damaged proof passed");
        } catch {}
    }

    function testFuzz_a_larger_tree_begins_with_a_smaller_one_and_no_other_does(
        bytes32 seed,
        uint16 size,
        uint16 old,
        uint8 damage
    ) external view {
        bytes32[] memory leaves = _leaves(seed, size % 70 + 1);
        old = old % uint16(leaves.length) + 1;
        bytes32[] memory proof = _consistencyProof(old, leaves);
        (bytes32 before, bytes32 root) = (_head(leaves, 0, old), _head(leaves, 0, leaves.length));
        _caller.consistency(old, uint64(leaves.length), before, root, proof);
        (before, root, proof) = _damaged(before, root, proof, seed, damage);
        try _caller.consistency(old, uint64(leaves.length), before, root, proof) {
            revert("a damaged proof passed");
        } catch {}
    }

    function testFuzz_lanes_are_what_one_lane_at_a_time_says(uint256 mask, uint64 word, uint64 limit, uint8 lane) external pure {
        mask &= Lanes.LOW;
        lane %= 128;
        uint256 index = uint256(word) * 128 + lane;
        require(Lanes.below(word, limit) >> 2 * lane & 3 == (index < limit ? 3 : 0), "below");
        require(!Lanes.selects(mask | 2 << 2 * lane) && Lanes.selects(mask | 1 << 2 * lane), "selects");
        require(!Lanes.selects(0), "nothing selects nothing");
        if (mask == 0) return;
        (uint256 lowest, uint256 highest, uint256 count) = (0, 127, 0);
        while (mask >> 2 * lowest & 1 == 0) ++lowest;
        while (mask >> 2 * highest & 1 == 0) --highest;
        for (uint256 i = 0; i < 128; ++i) count += mask >> 2 * i & 1;
        require(Lanes.lowest(word, mask) == uint256(word) * 128 + lowest, "lowest");
        require(Lanes.highest(word, mask) == uint256(word) * 128 + highest, "highest");
        require(Lanes.count(mask) == count, "count");
    }

    function testFuzz_the_graver_status_wins(uint8 one, uint8 other, uint256 value, uint64 index) external pure {
        Status[4] memory gravest = [Status.Revoked, Status.Superseded, Status.Suspended, Status.Active];
        (Status a, Status b) = (Status(one % 4), Status(other % 4));
        Status wanted;
        for (uint256 i = 4; i > 0; --i) if (a == gravest[i - 1] || b == gravest[i - 1]) wanted = gravest[i - 1];
        require(Lanes.worse(a, b) == wanted, "worse");
        require(uint256(Lanes.statusAt(value, index)) == value / 4 ** (index % 128) % 4, "statusAt");
    }

    /// @dev One thing is wrong: a bit of the leaf (or old root), of the root or of a hash, or the proof's length.
    function _damaged(
        bytes32 leaf,
        bytes32 root,
        bytes32[] memory proof,
        bytes32 seed,
        uint8 damage
    ) private pure returns (bytes32, bytes32, bytes32[] memory given) {
        bytes32 bit = bytes32(uint256(1) << uint8(seed[0]));
        uint256 what = proof.length == 0 ? damage % 3 : damage % 5;
        given = proof;
        if (what == 0) leaf ^= bit;
        if (what == 1) root ^= bit;
        if (what == 2) {
            given = new bytes32[](proof.length + 1);
            for (uint256 i = 0; i < proof.length; ++i) given[i] = proof[i];
            given[proof.length] = seed;
        }
        if (what == 3) given[damage % given.length] ^= bit;
        if (what == 4) {
            given = new bytes32[](proof.length - 1);
            for (uint256 i = 0; i < given.length; ++i) given[i] = proof[i];
        }
        return (leaf, root, given);
    }
}
