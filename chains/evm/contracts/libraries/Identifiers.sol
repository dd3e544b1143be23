// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title ICS-24 identifiers
library Identifiers {
    /// @dev one bit for each allowed ASCII code: alphanumerics and . _ + - # [ ] < >
    uint256 private constant ALLOWED = _ALPHANUMERIC | _PUNCTUATION;
    uint256 private constant _ALPHANUMERIC =
        (((1 << 10) - 1) << 0x30) | (((1 << 26) - 1) << 0x41) | (((1 << 26) - 1) << 0x61);
    uint256 private constant _PUNCTUATION = (1 << 0x2e) | (1 << 0x5f) | (1 << 0x2b) | (1 << 0x2d) | (1 << 0x23)
        | (1 << 0x5b) | (1 << 0x5d) | (1 << 0x3c) | (1 << 0x3e);

    /// @notice Whether `id` is a client identifier.
    function isClientId(string calldata id) internal pure returns (bool) {
        return _isIdentifier(bytes(id), 2, 64);
    }

    /// @notice Whether `id` is a port identifier.
    function isPortId(string calldata id) internal pure returns (bool) {
        return _isIdentifier(bytes(id), 2, 128);
    }

    function _isIdentifier(bytes calldata id, uint256 shortest, uint256 longest) private pure returns (bool) {
        if (id.length < shortest || id.length > longest) return false;
        for (uint256 i = 0; i < id.length; ++i) {
            if ((ALLOWED >> uint8(id[i])) & 1 == 0) return false;
        }
        return true;
    }
}
