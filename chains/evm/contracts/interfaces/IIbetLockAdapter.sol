// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What the adapter of ibet locks adds
interface IIbetLockAdapter {
    /// @notice The seller has locked less than its trades need together.
    error IbetLockInsufficient(address token, address account, uint256 needed, uint256 locked);

    /// @notice Unlocks to the caller what it locked beyond its trades.
    /// @param token the token
    /// @param quantity units
    function unlockUnbooked(address token, uint256 quantity) external;

    /// @param token the token
    /// @param seller who locked
    /// @return units that open trades of the seller need
    function bookedOf(address token, address seller) external view returns (uint256);
}
