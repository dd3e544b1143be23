// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What an ibet token's rules can have against a delivery
interface IIbetRules {
    /// @notice The token's status is off.
    error IbetStatusOff(address token);
    /// @notice Transfers need the issuer's approval, which a settlement cannot wait for.
    error IbetApprovalRequired(address token);
    /// @notice Holders may not transfer the token.
    error IbetNotTransferable(address token);
    /// @notice The account has not registered with the issuer, and could not get at the tokens.
    error IbetNotRegistered(address token, address account, address issuer);
}
