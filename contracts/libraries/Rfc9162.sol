// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Proofs of RFC 9162 trees, over SHA-256
/// @notice Checks that a leaf is in a tree, and that a larger tree begins with a smaller one.
/// @dev Written after RFC 9162, sections 2.1.3.2 and 2.1.4.2; `fn` and `sn` are the RFC's names. Each function passes
/// or reverts with what was claimed and what was computed. Sizes are uint64.
library Rfc9162 {
    /// @notice The proof has too few or too many hashes for these sizes.
    /// @param given How many there are.
    /// @param needed How many there must be, at least or at most.
    error ProofLengthWrong(uint256 given, uint256 needed);
    /// @notice The larger tree does not begin with the smaller one: history was rewritten, or the proof is another's.
    /// @param oldRoot Root of the smaller tree.
    /// @param oldComputed What the proof gives for it.
    /// @param root Root of the larger tree.
    /// @param computed What the proof gives for it.
    error ConsistencyMismatch(bytes32 oldRoot, bytes32 oldComputed, bytes32 root, bytes32 computed);
    /// @notice A consistency proof goes from a size of at least 1 to one that is not smaller.
    /// @param oldSize The smaller tree.
    /// @param size The larger tree.
    error SizesWrong(uint64 oldSize, uint64 size);
    /// @notice The record is not in this tree at this index.
    /// @param root Root of the tree.
    /// @param computed What the proof gives.
    error InclusionMismatch(bytes32 root, bytes32 computed);
    /// @notice The index is not below the size.
    /// @param index The index.
    /// @param size The tree's size.
    error IndexOutside(uint64 index, uint64 size);

    /// @dev Passes if the first `oldSize` leaves of the tree (size, root) have `oldRoot`. RFC 9162, section 2.1.4.2.
    /// Reverts: SizesWrong, ProofLengthWrong, ConsistencyMismatch.
    function requireConsistency(
        uint64 oldSize,
        uint64 size,
        bytes32 oldRoot,
        bytes32 root,
        bytes32[] calldata proof
    ) internal pure {
        require(oldSize != 0 && oldSize <= size, SizesWrong(oldSize, size));
        if (oldSize == size) {
            require(proof.length == 0, ProofLengthWrong(proof.length, 0));
            require(oldRoot == root, ConsistencyMismatch(oldRoot, oldRoot, root, oldRoot));
            return;
        }
        uint256 fn = oldSize - 1;
        uint256 sn = size - 1;
        while (fn & 1 == 1) (fn, sn) = (fn >> 1, sn >> 1);
        // Where the smaller size is a power of two, its root is the first node and is left out of the proof: fn is 0.
        uint256 next = fn == 0 ? 0 : 1;
        require(proof.length >= next, ProofLengthWrong(proof.length, next));
        bytes32 fr = next == 0 ? oldRoot : proof[0];
        bytes32 sr = fr;
        for (; next < proof.length; ++next) {
            require(sn != 0, ProofLengthWrong(proof.length, next));
            bytes32 c = proof[next];
            if (fn & 1 == 1 || fn == sn) {
                fr = _node(c, fr);
                sr = _node(c, sr);
                while (fn & 1 == 0 && fn != 0) (fn, sn) = (fn >> 1, sn >> 1);
            } else {
                sr = _node(sr, c);
            }
            (fn, sn) = (fn >> 1, sn >> 1);
        }
        require(sn == 0, ProofLengthWrong(proof.length, proof.length + 1));
        require(fr == oldRoot && sr == root, ConsistencyMismatch(oldRoot, fr, root, sr));
    }

    /// @dev Passes if `leaf` is at `index` of the tree (size, root). RFC 9162, section 2.1.3.2.
    /// Reverts: IndexOutside, ProofLengthWrong, InclusionMismatch.
    function requireInclusion(
        bytes32 leaf,
        uint64 index,
        uint64 size,
        bytes32 root,
        bytes32[] calldata proof
    ) internal pure {
        require(index < size, IndexOutside(index, size));
        uint256 fn = index;
        uint256 sn = size - 1;
        bytes32 r = leaf;
        for (uint256 i = 0; i < proof.length; ++i) {
            require(sn != 0, ProofLengthWrong(proof.length, i));
            if (fn & 1 == 1 || fn == sn) {
                r = _node(proof[i], r);
                while (fn & 1 == 0 && fn != 0) (fn, sn) = (fn >> 1, sn >> 1);
            } else {
                r = _node(r, proof[i]);
            }
            (fn, sn) = (fn >> 1, sn >> 1);
        }
        require(sn == 0, ProofLengthWrong(proof.length, proof.length + 1));
        require(r == root, InclusionMismatch(root, r));
    }

    function _node(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }
}
