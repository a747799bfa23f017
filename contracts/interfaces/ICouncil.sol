// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The council: m of n people who sign
/// @notice Acts when enough members signed the same act. Members and threshold never change: another council is
/// another contract, which the governor appoints with its delay.
interface ICouncil {
    /// @notice The council called a contract.
    /// @param nonce Number of the act, from 0 without gaps.
    /// @param target The contract.
    /// @param data What it was called with.
    event Acted(uint256 indexed nonce, address indexed target, bytes data);

    /// @notice The council's signatures have expired; the act must be signed again.
    /// @param deadline Last instant for which it was signed.
    /// @param time Block time.
    error ActExpired(uint64 deadline, uint64 time);
    /// @notice Not enough members of the council signed this act, or a signature is not right.
    /// @param digest What they must sign.
    error SignaturesInvalid(bytes32 digest);

    /// @notice Calls a contract in the council's name.
    /// @dev Anyone relays. Emits Acted. Reverts: ActExpired, InvalidAccountNonce, SignaturesInvalid, and as the target.
    /// @param target The contract.
    /// @param data What to call it with.
    /// @param nonce The council's next number, `nonces(council)`.
    /// @param deadline Last block time at which it may be done.
    /// @param signature abi.encode(bytes[] signers, bytes[] signatures), ascending by keccak256(signer).
    /// @return What the target returned.
    function act(
        address target,
        bytes calldata data,
        uint256 nonce,
        uint64 deadline,
        bytes calldata signature
    ) external returns (bytes memory);

    /// @notice What members sign for an act (EIP-712).
    /// @param target The contract.
    /// @param data What to call it with.
    /// @param nonce The council's next number.
    /// @param deadline Last block time at which it may be done.
    /// @return The digest to sign.
    function actDigest(
        address target,
        bytes calldata data,
        uint256 nonce,
        uint64 deadline
    ) external view returns (bytes32);
}
