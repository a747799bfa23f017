// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MultiSignerERC7913} from "@openzeppelin/contracts/utils/cryptography/signers/MultiSignerERC7913.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {ICouncil} from "./interfaces/ICouncil.sol";

/// @title The council
/// @dev Invariants: members and threshold are those of the constructor; every act has one nonce, in order; the council
/// holds no value. A member is 20 bytes of an address (ECDSA or ERC-1271), or an ERC-7913 verifier and key.
contract Council is ICouncil, MultiSignerERC7913, EIP712, Nonces {
    bytes32 private constant _ACT_TYPE = keccak256("Act(address target,bytes data,uint256 nonce,uint64 deadline)");

    /// @param members Who may sign.
    /// @param needed How many of them must.
    constructor(
        bytes[] memory members,
        uint64 needed
    ) MultiSignerERC7913(members, needed) EIP712("Sillok Council", "1") {}

    /// @inheritdoc ICouncil
    function act(
        address target,
        bytes calldata data,
        uint256 nonce,
        uint64 deadline,
        bytes calldata signature
    ) external returns (bytes memory) {
        uint64 time = uint64(block.timestamp);
        require(time <= deadline, ActExpired(deadline, time));
        _useCheckedNonce(address(this), nonce);
        bytes32 digest = actDigest(target, data, nonce, deadline);
        require(_rawSignatureValidation(digest, signature), SignaturesInvalid(digest));
        emit Acted(nonce, target, data);
        return Address.functionCall(target, data);
    }

    /// @inheritdoc ICouncil
    function actDigest(
        address target,
        bytes calldata data,
        uint256 nonce,
        uint64 deadline
    ) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(_ACT_TYPE, target, keccak256(data), nonce, deadline)));
    }
}
