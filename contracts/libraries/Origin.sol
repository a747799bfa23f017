// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {ICheckpointRegistry} from "../interfaces/ICheckpointRegistry.sol";

/// @title Names of logs
/// @notice Composes a log's origin from name, agency and generation (formats.md, section 4).
library Origin {
    /// @dev 255 bytes less "/", agency, "/" and the longest generation, so that every successor fits.
    uint256 private constant _NAME_LIMIT = 236;

    /// @dev Reverts: NameMalformed. Agency and generation are the caller's to check.
    function compose(
        string memory name,
        bytes7 agency,
        uint32 generation
    ) internal pure returns (string memory origin, bytes32 logId) {
        bytes memory text = bytes(name);
        require(text.length != 0 && text.length <= _NAME_LIMIT, ICheckpointRegistry.NameMalformed(name));
        for (uint256 i = 0; i < text.length; ++i) {
            bytes1 c = text[i];
            bool allowed = (c >= "a" && c <= "z") || (c >= "0" && c <= "9") || c == "." || c == "-";
            require(allowed, ICheckpointRegistry.NameMalformed(name));
        }
        bytes memory first = abi.encodePacked(text, "/", agency);
        if (generation > 1) first = abi.encodePacked(first, "/", Strings.toString(generation));
        return (string(first), sha256(first));
    }
}
