// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAgencyRegistry} from "contracts/interfaces/IAgencyRegistry.sol";
import {ICheckpointRegistry} from "contracts/interfaces/ICheckpointRegistry.sol";
import {IStatusRegistry} from "contracts/interfaces/IStatusRegistry.sol";
import {Role} from "contracts/types/Types.sol";
import {vm} from "./Vm.sol";

/// @dev The contracts, deployed from the committed artifacts, under a council that is a plain address here.
abstract contract City {
    address internal constant COUNCIL = address(0xC0);
    bytes7 internal constant AGENCY = "6110000";
    bytes7 internal constant OTHER = "2600000";
    string internal constant NAME = "seoul.example";
    uint8 internal constant EVERYTHING = 0x7F;

    address internal governor;
    IAgencyRegistry internal agencies;
    ICheckpointRegistry internal checkpoints;
    IStatusRegistry internal statuses;
    /// @dev The clock of a campaign; every step begins by setting the block's time to it.
    uint64 internal clock = 1_000_000;

    /// @dev A call did something else than the rules say.
    error Surprise(bytes4 wanted, bytes4 found);

    function _build(uint32 delay, address guardian) internal {
        vm.warp(clock);
        uint256 nonce = vm.getNonce(address(this));
        address first = vm.computeCreateAddress(address(this), nonce + 1);
        address second = vm.computeCreateAddress(address(this), nonce + 2);
        address third = vm.computeCreateAddress(address(this), nonce + 3);
        governor = _create("Governor", abi.encode(COUNCIL, delay, guardian, first, second, third));
        agencies = IAgencyRegistry(_create("AgencyRegistry", abi.encode(governor)));
        checkpoints = ICheckpointRegistry(
            _create("CheckpointRegistry", abi.encode(governor, first, bytes32(uint256(1))))
        );
        statuses = IStatusRegistry(_create("StatusRegistry", abi.encode(first, second)));
    }

    function _direct(address target, bytes memory data) internal {
        vm.prank(COUNCIL);
        (bool done, bytes memory answer) = target.call(data);
        require(done, Surprise(0, bytes4(answer)));
    }

    function _register(bytes7 agency) internal {
        _direct(address(agencies), abi.encodeCall(IAgencyRegistry.registerAgency, (agency)));
    }

    function _addKey(bytes7 agency, address key, Role role, uint8 alone, uint64 notBefore, uint64 notAfter) internal {
        bytes32 officer = role == Role.Status || role == Role.Officer ? bytes32(uint256(uint160(key))) : bytes32(0);
        bytes memory data = abi.encodeCall(
            IAgencyRegistry.addKey,
            (agency, _id(key), role, alone, officer, notBefore, notAfter)
        );
        _direct(address(agencies), data);
    }

    function _openLog(bytes7 agency) internal returns (bytes32) {
        vm.prank(COUNCIL);
        return checkpoints.openLog(NAME, agency, 3600);
    }

    function _id(address key) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(key)));
    }

    function _create(string memory name, bytes memory arguments) private returns (address made) {
        string memory path = string.concat("ledger/chain/artifacts/", name, ".json");
        string memory hexed = vm.parseJsonString(vm.readFile(path), ".bytecode");
        bytes memory code = bytes.concat(vm.parseBytes(string.concat("0x", hexed)), arguments);
        assembly {
            made := create(0, add(code, 32), mload(code))
        }
        require(made != address(0), "not created");
    }
}
