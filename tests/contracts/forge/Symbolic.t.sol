// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleCaller} from "./MerkleCaller.sol";
import {Rfc9162Spec} from "./Rfc9162Spec.sol";

/// @dev For halmos (`make halmos`): the Merkle library over every tree of 1 to 32 leaves, every index and every smaller
/// size, with every leaf, root and hash of a proof left open. A proof passes exactly where the RFC's recursive
/// definition of it gives the root; that no other leaf has such a proof is then SHA-256's own promise.
contract SymbolicTest is Rfc9162Spec {
    uint64 private constant _MOST = 32;
    /// @dev Longer than any proof of these trees, which have at most 5 and 6 hashes.
    uint256 private constant _HASHES = 8;
    MerkleCaller private _caller;

    function setUp() public {
        _caller = new MerkleCaller();
    }

    function check_an_inclusion_proof_passes_exactly_where_the_rfc_says(
        uint64 size,
        uint64 index,
        bytes32 leaf,
        bytes32 root,
        bytes32[_HASHES] memory hashes
    ) public view {
        (size, index) = _pair(size, index);
        uint256 needed = _pathLength(index, size);
        for (uint256 length = 0; length <= _HASHES; ++length) {
            bytes32[] memory proof = _first(hashes, length);
            bool passed = _passes(abi.encodeCall(MerkleCaller.inclusion, (leaf, index, size, root, proof)));
            assert(passed == (length == needed && _fromPath(leaf, index, size, proof, length) == root));
        }
        bytes32[] memory right = _first(hashes, needed);
        assert(!_passes(abi.encodeCall(MerkleCaller.inclusion, (leaf, size, size, root, right))));
    }

    function check_a_consistency_proof_passes_exactly_where_the_rfc_says(
        uint64 size,
        uint64 old,
        bytes32 oldRoot,
        bytes32 root,
        bytes32[_HASHES] memory hashes
    ) public view {
        (size, old) = _pair(size, old);
        ++old;
        uint256 needed = _subproofLength(old, size, true);
        for (uint256 length = 0; length <= _HASHES; ++length) {
            bytes32[] memory proof = _first(hashes, length);
            bool passed = _passes(abi.encodeCall(MerkleCaller.consistency, (old, size, oldRoot, root, proof)));
            if (length != needed) {
                assert(!passed);
                continue;
            }
            (bytes32 before, bytes32 after_) = _fromSubproof(oldRoot, old, size, true, proof, length);
            assert(passed == (before == oldRoot && after_ == root));
        }
    }

    function check_every_leaf_of_every_tree_has_a_proof(uint64 size, uint64 index, bytes32[32] memory leaves) public view {
        (size, index) = _pair(size, index);
        bytes32[] memory tree = _tree(leaves, size);
        bytes memory data = abi.encodeCall(
            MerkleCaller.inclusion,
            (tree[index], index, size, _head(tree, 0, size), _path(index, tree, 0, size))
        );
        assert(_passes(data));
    }

    function check_every_tree_has_a_proof_from_every_smaller_one(
        uint64 size,
        uint64 old,
        bytes32[32] memory leaves
    ) public view {
        (size, old) = _pair(size, old);
        ++old;
        bytes32[] memory tree = _tree(leaves, size);
        bytes memory data = abi.encodeCall(
            MerkleCaller.consistency,
            (old, size, _head(tree, 0, old), _head(tree, 0, size), _consistencyProof(old, tree))
        );
        assert(_passes(data));
    }

    function _passes(bytes memory data) private view returns (bool passed) {
        (passed, ) = address(_caller).staticcall(data);
    }

    /// @dev The same two numbers, out of 1 to 32 and below the first, but known: each pair is a path of its own.
    function _pair(uint64 size, uint64 below) private pure returns (uint64, uint64) {
        for (uint64 s = 1; s <= _MOST; ++s) {
            if (size != s) continue;
            for (uint64 b = 0; b < s; ++b) if (below == b) return (s, b);
        }
        revert(); // halmos takes a revert for "not one of the inputs"
    }

    /// @dev The tree head that PATH(index, D_size) gives.
    function _fromPath(
        bytes32 leaf,
        uint256 index,
        uint256 size,
        bytes32[] memory proof,
        uint256 length
    ) private pure returns (bytes32) {
        if (size == 1) return leaf;
        uint256 k = _split(size);
        if (index < k) return _parent(_fromPath(leaf, index, k, proof, length - 1), proof[length - 1]);
        return _parent(proof[length - 1], _fromPath(leaf, index - k, size - k, proof, length - 1));
    }

    /// @dev Both tree heads that SUBPROOF(old, D_size, whole) gives.
    function _fromSubproof(
        bytes32 oldRoot,
        uint256 old,
        uint256 size,
        bool whole,
        bytes32[] memory proof,
        uint256 length
    ) private pure returns (bytes32 before, bytes32 after_) {
        if (old == size) return whole ? (oldRoot, oldRoot) : (proof[length - 1], proof[length - 1]);
        (uint256 k, bytes32 last) = (_split(size), proof[length - 1]);
        if (old <= k) {
            (before, after_) = _fromSubproof(oldRoot, old, k, whole, proof, length - 1);
            return (before, _parent(after_, last));
        }
        (before, after_) = _fromSubproof(oldRoot, old - k, size - k, false, proof, length - 1);
        return (_parent(last, before), _parent(last, after_));
    }

    function _pathLength(uint256 index, uint256 size) private pure returns (uint256) {
        if (size == 1) return 0;
        uint256 k = _split(size);
        return 1 + (index < k ? _pathLength(index, k) : _pathLength(index - k, size - k));
    }

    function _subproofLength(uint256 old, uint256 size, bool whole) private pure returns (uint256) {
        if (old == size) return whole ? 0 : 1;
        uint256 k = _split(size);
        return 1 + (old <= k ? _subproofLength(old, k, whole) : _subproofLength(old - k, size - k, false));
    }

    function _first(bytes32[_HASHES] memory hashes, uint256 count) private pure returns (bytes32[] memory some) {
        some = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) some[i] = hashes[i];
    }

    function _tree(bytes32[32] memory leaves, uint256 size) private pure returns (bytes32[] memory tree) {
        tree = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) tree[i] = leaves[i];
    }
}
