// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IAgencyRegistry} from "contracts/interfaces/IAgencyRegistry.sol";
import {City} from "./City.sol";
import {Vm, vm} from "./Vm.sol";

/// @dev A council, two heirs, a guardian and a stranger grant, revoke and leave roles, schedule, cancel and execute, in
/// every order. Nothing is foretold; whatever succeeds must keep the rules.
contract GovernorSteps is City {
    struct Waiting {
        address by;
        address target;
        bytes data;
        uint64 since;
    }

    uint32 private constant _DELAY = 3_600;
    uint64 private constant _ADMIN = 0;
    uint64 private constant _GOVERNOR = 1;
    address[5] private _actors = [COUNCIL, address(0xC1), address(0xC2), address(0xC3), address(6)];
    Waiting[] private _waiting;
    mapping(bytes32 operation => uint64 since) private _scheduled;
    /// @dev Members of ADMIN by the manager's events, and how many there are.
    mapping(address account => bool) private _isAdmin;
    uint256 private _admins;
    uint256 private _codes = 1_000_000;

    error NobodyGoverns();
    error Hasty(address by, bytes4 selector);
    error DelayGone(address account, uint64 role);

    modifier step() {
        vm.warp(clock);
        vm.recordLogs();
        _;
        _hear();
    }

    constructor() {
        _begin();
    }

    function schedule(uint8 who, uint8 what, uint8 role, uint8 whom, uint8 delay) external step {
        address by = _actors[who % 8 < 4 ? 0 : who % 5];
        (address target, bytes memory data) = _operation(what, role, whom, delay);
        (bool done, ) = _as(by, governor, abi.encodeCall(IAccessManager.schedule, (target, data, 0)));
        if (!done) return;
        _waiting.push(Waiting(by, target, data, clock));
        _scheduled[keccak256(abi.encode(by, target, data))] = clock;
    }

    function execute(uint8 which, uint8 way) external step {
        if (_waiting.length == 0) return;
        uint256 place = which % _waiting.length;
        Waiting memory due = _waiting[place];
        address by = way % 8 == 1 ? _actors[way % 5] : due.by;
        (bool done, ) = way % 2 == 0
            ? _as(by, governor, abi.encodeCall(IAccessManager.execute, (due.target, due.data)))
            : _as(by, due.target, due.data);
        if (done) _judge(by, due.target, due.data);
        if (done && by == due.by) _forget(place);
    }

    function cancel(uint8 which, uint8 who) external step {
        if (_waiting.length == 0) return;
        uint256 place = which % _waiting.length;
        Waiting memory due = _waiting[place];
        bytes memory data = abi.encodeCall(IAccessManager.cancel, (due.by, due.target, due.data));
        (bool done, ) = _as(_actors[who % 5], governor, data);
        if (!done) return;
        delete _scheduled[keccak256(abi.encode(due.by, due.target, due.data))];
        _forget(place);
    }

    /// @dev Without waiting at all.
    function rush(uint8 who, uint8 what, uint8 role, uint8 whom, uint8 delay) external step {
        (address target, bytes memory data) = _operation(what, role, whom, delay);
        (bool done, ) = _as(_actors[who % 5], target, data);
        if (done) _judge(_actors[who % 5], target, data);
    }

    function renounce(uint8 who, uint8 role) external step {
        address by = _actors[who % 5];
        _as(by, governor, abi.encodeCall(IAccessManager.renounceRole, (role % 5, by)));
    }

    function wait(uint24 seconds_) external {
        clock += seconds_ % 5_000;
    }

    /// @dev Somebody is ADMIN, now and not only some day, and every ADMIN and GOVERNOR has the least delay at least.
    function compare() external view {
        uint256 found;
        for (uint256 i = 0; i < 5; ++i) {
            for (uint64 role = 0; role < 2; ++role) {
                (bool member, uint32 delay) = IAccessManager(governor).hasRole(role, _actors[i]);
                if (role == _ADMIN && member) ++found;
                require(!member || delay >= _DELAY, DelayGone(_actors[i], role));
            }
            (bool admin, ) = IAccessManager(governor).hasRole(_ADMIN, _actors[i]);
            require(admin == _isAdmin[_actors[i]], NobodyGoverns());
        }
        require(found != 0 && found == _admins, NobodyGoverns());
        require(IAccessManager(governor).getRoleGrantDelay(_ADMIN) == 0, DelayGone(address(0), _ADMIN));
    }

    /// @dev Whoever is ADMIN can still govern: appoints a governor, who registers an agency.
    function governOn() external {
        vm.warp(clock);
        uint256 place;
        while (!_isAdmin[_actors[place]]) ++place;
        address admin = _actors[place];
        bytes memory grant = abi.encodeCall(IAccessManager.grantRole, (_GOVERNOR, address(0xBEEF), _DELAY));
        _wait(admin, governor, grant);
        bytes memory open = abi.encodeCall(IAccessManager.setTargetClosed, (address(agencies), false));
        _wait(admin, governor, open);
        vm.warp(clock += 10 days); // a grant delay of GOVERNOR, at most
        _wait(address(0xBEEF), address(agencies), abi.encodeCall(IAgencyRegistry.registerAgency, ("9999999")));
        agencies.requireAgency("9999999");
    }

    function _begin() private step {
        _build(_DELAY, _actors[3]);
    }

    function _wait(address by, address target, bytes memory data) private {
        (bool done, ) = _as(by, governor, abi.encodeCall(IAccessManager.schedule, (target, data, 0)));
        if (!done) {
            vm.warp(clock += 30 days); // scheduled in the campaign already: let that one expire
            (done, ) = _as(by, governor, abi.encodeCall(IAccessManager.schedule, (target, data, 0)));
        }
        vm.warp(clock += 1 days);
        if (done) (done, ) = _as(by, governor, abi.encodeCall(IAccessManager.execute, (target, data)));
        require(done, NobodyGoverns());
    }

    /// @dev What ADMIN or GOVERNOR did had waited since it was scheduled, and was not cancelled meanwhile.
    function _judge(address by, address target, bytes memory data) private {
        bytes32 operation = keccak256(abi.encode(by, target, data));
        uint64 since = _scheduled[operation];
        require(since != 0 && clock >= since + _DELAY, Hasty(by, bytes4(data)));
        delete _scheduled[operation];
    }

    function _forget(uint256 place) private {
        _waiting[place] = _waiting[_waiting.length - 1];
        _waiting.pop();
    }

    function _as(address by, address target, bytes memory data) private returns (bool done, bytes memory answer) {
        _hear();
        vm.prank(by);
        (done, answer) = target.call(data);
        if (!done) vm.getRecordedLogs();
    }

    function _hear() private {
        Vm.Log[] memory heard = vm.getRecordedLogs();
        for (uint256 i = 0; i < heard.length; ++i) {
            if (heard[i].topics.length < 2 || uint256(heard[i].topics[1]) != _ADMIN) continue;
            bool granted = heard[i].topics[0] == IAccessManager.RoleGranted.selector;
            if (!granted && heard[i].topics[0] != IAccessManager.RoleRevoked.selector) continue;
            address account = address(uint160(uint256(heard[i].topics[2])));
            if (granted && !_isAdmin[account]) ++_admins;
            if (!granted) --_admins;
            _isAdmin[account] = granted;
        }
    }

    function _operation(
        uint8 what,
        uint8 role,
        uint8 whom,
        uint8 delay
    ) private returns (address target, bytes memory data) {
        (target, what) = (governor, what % 7);
        uint64 given = role % 5;
        address account = _actors[whom % 5];
        uint32[4] memory delays = [uint32(0), _DELAY - 1, _DELAY, 2 * _DELAY];
        if (what < 2) data = abi.encodeCall(IAccessManager.grantRole, (given, account, delays[delay % 4]));
        if (what == 2) data = abi.encodeCall(IAccessManager.revokeRole, (given, account));
        if (what == 3) data = abi.encodeCall(IAccessManager.setGrantDelay, (given, uint32(delay) * 100));
        if (what == 4) data = abi.encodeCall(IAccessManager.setRoleGuardian, (given, 3 + role % 2));
        if (what == 5) data = abi.encodeCall(IAccessManager.setTargetClosed, (address(agencies), delay & 1 == 1));
        if (what == 6) {
            bytes7 code = bytes7(bytes(_decimal(_codes++)));
            (target, data) = (address(agencies), abi.encodeCall(IAgencyRegistry.registerAgency, (code)));
        }
    }

    function _decimal(uint256 code) private pure returns (string memory) {
        bytes memory digits = new bytes(7);
        for (uint256 i = 7; i > 0; --i) (digits[i - 1], code) = (bytes1(uint8(48 + code % 10)), code / 10);
        return string(digits);
    }
}

contract GovernorTest {
    GovernorSteps private _steps;

    function setUp() external {
        _steps = new GovernorSteps();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_steps);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0].addr = address(_steps);
        targets[0].selectors = new bytes4[](6);
        targets[0].selectors[0] = GovernorSteps.schedule.selector;
        targets[0].selectors[1] = GovernorSteps.execute.selector;
        targets[0].selectors[2] = GovernorSteps.cancel.selector;
        targets[0].selectors[3] = GovernorSteps.rush.selector;
        targets[0].selectors[4] = GovernorSteps.renounce.selector;
        targets[0].selectors[5] = GovernorSteps.wait.selector;
    }

    function invariant_the_last_governor_stays_and_nobody_governs_without_waiting() external view {
        _steps.compare();
    }

    /// @dev At the end of every run the contract can still be governed.
    function afterInvariant() external {
        _steps.governOn();
    }
}

/// @dev What forge asks a test for; its name there.
struct FuzzSelector {
    address addr;
    bytes4[] selectors;
}
