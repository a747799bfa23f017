// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Trees and proofs written literally from RFC 9162, sections 2.1.1, 2.1.3.1 and 2.1.4.1: recursive, slow, and
/// from nothing of ours.
abstract contract Rfc9162Spec {
    /// @dev MTH(D[from:to]) over leaf hashes.
    function _head(bytes32[] memory leaves, uint256 from, uint256 to) internal pure returns (bytes32) {
        if (to - from == 1) return leaves[from];
        uint256 k = _split(to - from);
        return _parent(_head(leaves, from, from + k), _head(leaves, from + k, to));
    }

    /// @dev PATH(index, D[from:to]).
    function _path(
        uint256 index,
        bytes32[] memory leaves,
        uint256 from,
        uint256 to
    ) internal pure returns (bytes32[] memory) {
        if (to - from == 1) return new bytes32[](0);
        uint256 k = _split(to - from);
        if (index < k) return _and(_path(index, leaves, from, from + k), _head(leaves, from + k, to));
        return _and(_path(index - k, leaves, from + k, to), _head(leaves, from, from + k));
    }

    /// @dev PROOF(old, D).
    function _consistencyProof(uint256 old, bytes32[] memory leaves) internal pure returns (bytes32[] memory) {
        return _subproof(old, leaves, 0, leaves.length, true);
    }

    function _leaves(bytes32 seed, uint256 count) internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) leaves[i] = keccak256(abi.encode(seed, i));
    }

    /// @dev The largest power of two smaller than n.
    function _split(uint256 n) internal pure returns (uint256 k) {
        k = 1;
        while (2 * k < n) k *= 2;
    }

    function _parent(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }

    function _subproof(
        uint256 m,
        bytes32[] memory leaves,
        uint256 from,
        uint256 to,
        bool whole
    ) private pure returns (bytes32[] memory) {
        if (m == to - from) {
            bytes32[] memory none = new bytes32[](0);
            return whole ? none : _and(none, _head(leaves, from, to));
        }
        uint256 k = _split(to - from);
        if (m <= k) return _and(_subproof(m, leaves, from, from + k, whole), _head(leaves, from + k, to));
        return _and(_subproof(m - k, leaves, from + k, to, false), _head(leaves, from, from + k));
    }

    function _and(bytes32[] memory some, bytes32 last) private pure returns (bytes32[] memory more) {
        more = new bytes32[](some.length + 1);
        for (uint256 i = 0; i < some.length; ++i) more[i] = some[i];
        more[some.length] = last;
    }
}
