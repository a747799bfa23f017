// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAgencyRegistry} from "./interfaces/IAgencyRegistry.sol";
import {ICheckpointRegistry} from "./interfaces/ICheckpointRegistry.sol";
import {IGovernor} from "./interfaces/IGovernor.sol";

/// @title The governor
/// @dev Differs from AccessManager in this only: (1) the last ADMIN can't leave; (2) ADMIN and GOVERNOR members have at
/// least `minimumDelay`; (3) ADMIN has no grant delay, so that every counted ADMIN is effective; (4) the manager's own
/// admin functions are mapped to GOVERNOR, which changes nothing about who may call them but lets the guardian of
/// GOVERNOR cancel them. The addresses of the registries are known before they are deployed, so that no deployer ever
/// holds a role.
contract Governor is AccessManager, IGovernor {
    /// @inheritdoc IGovernor
    uint64 public constant GOVERNOR = 1;
    /// @inheritdoc IGovernor
    uint64 public constant EMERGENCY = 2;
    /// @inheritdoc IGovernor
    uint64 public constant GUARDIAN = 3;
    /// @inheritdoc IGovernor
    uint64 public constant IMPORTER = 4;

    /// @inheritdoc IGovernor
    uint32 public immutable minimumDelay;
    /// @inheritdoc IGovernor
    address public immutable agencies;
    /// @inheritdoc IGovernor
    address public immutable checkpoints;
    /// @inheritdoc IGovernor
    address public immutable statuses;

    uint256 private _admins;

    /// @param council The only administrator; holds GOVERNOR and EMERGENCY too.
    /// @param delay Shortest delay of administrators and governors, in seconds; 0 on an embedded chain only.
    /// @param guardian Cancels what waits; may be the council itself.
    /// @param agencyRegistry Where AgencyRegistry will be.
    /// @param checkpointRegistry Where CheckpointRegistry will be.
    /// @param statusRegistry Where StatusRegistry will be.
    constructor(
        address council,
        uint32 delay,
        address guardian,
        address agencyRegistry,
        address checkpointRegistry,
        address statusRegistry
    ) AccessManager(council) {
        minimumDelay = delay;
        agencies = agencyRegistry;
        checkpoints = checkpointRegistry;
        statuses = statusRegistry;
        // AccessManager's own constructor granted ADMIN without a delay; from here on there is one.
        _grantRole(ADMIN_ROLE, council, 0, delay);
        _grantRole(GOVERNOR, council, 0, delay);
        _grantRole(EMERGENCY, council, 0, 0);
        _grantRole(GUARDIAN, guardian, 0, 0);
        _grantRole(IMPORTER, statusRegistry, 0, 0);
        _setRoleGuardian(GOVERNOR, GUARDIAN);
        _wireOwn();
        _wireAgencies(agencyRegistry);
        _wireCheckpoints(checkpointRegistry);
    }

    function _wireOwn() private {
        _setTargetFunctionRole(address(this), this.labelRole.selector, GOVERNOR);
        _setTargetFunctionRole(address(this), this.grantRole.selector, GOVERNOR);
        _setTargetFunctionRole(address(this), this.revokeRole.selector, GOVERNOR);
        _setTargetFunctionRole(address(this), this.setRoleAdmin.selector, GOVERNOR);
        _setTargetFunctionRole(address(this), this.setRoleGuardian.selector, GOVERNOR);
        _setTargetFunctionRole(address(this), this.setGrantDelay.selector, GOVERNOR);
        _setTargetFunctionRole(address(this), this.setTargetFunctionRole.selector, GOVERNOR);
        _setTargetFunctionRole(address(this), this.setTargetAdminDelay.selector, GOVERNOR);
        _setTargetFunctionRole(address(this), this.setTargetClosed.selector, GOVERNOR);
        _setTargetFunctionRole(address(this), this.updateAuthority.selector, GOVERNOR);
    }

    function _wireAgencies(address target) private {
        _setTargetFunctionRole(target, IAgencyRegistry.registerAgency.selector, GOVERNOR);
        _setTargetFunctionRole(target, IAgencyRegistry.addKey.selector, GOVERNOR);
        _setTargetFunctionRole(target, IAgencyRegistry.moveNotAfter.selector, GOVERNOR);
        _setTargetFunctionRole(target, IAgencyRegistry.declareCompromisedSince.selector, GOVERNOR);
        _setTargetFunctionRole(target, IAgencyRegistry.disableKey.selector, EMERGENCY);
        _setTargetFunctionRole(target, IAgencyRegistry.declareCompromised.selector, EMERGENCY);
    }

    function _wireCheckpoints(address target) private {
        _setTargetFunctionRole(target, ICheckpointRegistry.openLog.selector, GOVERNOR);
        _setTargetFunctionRole(target, ICheckpointRegistry.openSuccessor.selector, GOVERNOR);
        _setTargetFunctionRole(target, ICheckpointRegistry.openFrom.selector, GOVERNOR);
        _setTargetFunctionRole(target, ICheckpointRegistry.closeLog.selector, EMERGENCY);
        _setTargetFunctionRole(target, ICheckpointRegistry.moveLog.selector, EMERGENCY);
        _setTargetFunctionRole(target, ICheckpointRegistry.approveImport.selector, EMERGENCY);
        _setTargetFunctionRole(target, ICheckpointRegistry.advanceImport.selector, IMPORTER);
    }

    /// @dev Reverts: DelayTooShort. While AccessManager's constructor runs, `minimumDelay` is still 0.
    function _grantRole(
        uint64 roleId,
        address account,
        uint32 grantDelay,
        uint32 executionDelay
    ) internal override returns (bool newMember) {
        bool waits = roleId == ADMIN_ROLE || roleId == GOVERNOR;
        require(!waits || executionDelay >= minimumDelay, DelayTooShort(executionDelay, minimumDelay));
        newMember = super._grantRole(roleId, account, grantDelay, executionDelay);
        if (newMember && roleId == ADMIN_ROLE) ++_admins;
    }

    /// @dev Reverts: LastAdmin.
    function _revokeRole(uint64 roleId, address account) internal override returns (bool member) {
        member = super._revokeRole(roleId, account);
        if (member && roleId == ADMIN_ROLE) {
            --_admins;
            require(_admins != 0, LastAdmin(account));
        }
    }

    /// @dev Reverts: GrantDelayForbidden.
    function _setGrantDelay(uint64 roleId, uint32 newDelay) internal override {
        require(roleId != ADMIN_ROLE, GrantDelayForbidden(roleId));
        super._setGrantDelay(roleId, newDelay);
    }
}
