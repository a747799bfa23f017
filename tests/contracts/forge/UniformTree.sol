// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev RFC 9162 trees whose leaves are all equal, so that any size costs nothing; another leaf is another history.
/// Written literally from sections 2.1.1 and 2.1.4.1, and from nothing of ours.
abstract contract UniformTree {
    uint256 private constant _LEVELS = 40;
    bytes32[_LEVELS][2] private _perfect;

    constructor() {
        for (uint256 tree = 0; tree < 2; ++tree) {
            _perfect[tree][0] = sha256(abi.encodePacked(bytes1(0), tree == 0 ? "{}" : "forged"));
            for (uint256 i = 1; i < _LEVELS; ++i) {
                _perfect[tree][i] = _node(_perfect[tree][i - 1], _perfect[tree][i - 1]);
            }
        }
    }

    /// @dev MTH of `size` equal leaves: perfect subtrees, joined from the smallest up.
    function _root(uint256 tree, uint256 size) internal view returns (bytes32 root) {
        bool started;
        for (uint256 level = 0; size != 0; (level, size) = (level + 1, size >> 1)) {
            if (size & 1 == 0) continue;
            root = started ? _node(_perfect[tree][level], root) : _perfect[tree][level];
            started = true;
        }
    }

    /// @dev PROOF(old, D_size).
    function _consistency(uint256 tree, uint256 old, uint256 size) internal view returns (bytes32[] memory proof) {
        if (old == 0 || old >= size) return proof;
        (bytes32[] memory found, uint256 count) = (new bytes32[](2 * _LEVELS), 0);
        count = _subproof(tree, old, size, true, found, 0);
        proof = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) proof[i] = found[i];
    }

    function _subproof(
        uint256 tree,
        uint256 old,
        uint256 size,
        bool whole,
        bytes32[] memory found,
        uint256 count
    ) private view returns (uint256) {
        if (old == size) {
            if (!whole) found[count++] = _root(tree, old);
            return count;
        }
        uint256 k = 1;
        while (2 * k < size) k *= 2;
        if (old <= k) {
            count = _subproof(tree, old, k, whole, found, count);
            found[count++] = _root(tree, size - k);
        } else {
            count = _subproof(tree, old - k, size - k, false, found, count);
            found[count++] = _root(tree, k);
        }
        return count;
    }

    function _node(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }
}
