// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Who may open, close and register, and how long the public is warned before
/// @notice An OpenZeppelin AccessManager that was wired once, by its constructor; its only administrator is a council.
/// Everything waits for at least `minimumDelay` and can be cancelled by the guardian meanwhile, except what limits
/// damage: disableKey, declareCompromised, closeLog, moveLog, approveImport act at once.
interface IGovernor {
    /// @notice The council must stay: an access manager without an administrator can never be mended.
    /// @param account The only administrator.
    error LastAdmin(address account);
    /// @notice The council acts on the governor only with the delay that was promised at the start.
    /// @param given Delay that was given, in seconds.
    /// @param needed The promised one, in seconds.
    error DelayTooShort(uint32 given, uint32 needed);
    /// @notice Administrators are granted at once or not at all: one that isn't effective yet must not count.
    /// @param roleId The administrator's role, 0.
    error GrantDelayForbidden(uint64 roleId);

    /// @notice Role 1: what waits. Registers agencies, adds keys, opens logs, voids the past.
    /// @return The role's number.
    function GOVERNOR() external view returns (uint64);

    /// @notice Role 2: what limits damage and doesn't wait.
    /// @return The role's number.
    function EMERGENCY() external view returns (uint64);

    /// @notice Role 3: cancels what waits.
    /// @return The role's number.
    function GUARDIAN() external view returns (uint64);

    /// @notice Role 4: the StatusRegistry, which reports delivered statuses.
    /// @return The role's number.
    function IMPORTER() external view returns (uint64);

    /// @notice Shortest delay of administrators and governors.
    /// @return In seconds.
    function minimumDelay() external view returns (uint32);

    /// @notice The AgencyRegistry that was wired at the start.
    /// @return Its address.
    function agencies() external view returns (address);

    /// @notice The CheckpointRegistry that was wired at the start.
    /// @return Its address.
    function checkpoints() external view returns (address);

    /// @notice The StatusRegistry that was wired at the start.
    /// @return Its address.
    function statuses() external view returns (address);
}
