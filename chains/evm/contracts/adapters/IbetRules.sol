// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IIbetPersonalInfo, IIbetSecurityToken} from "../interfaces/external/IIbet.sol";

/// @title What an ibet token's own rules say about a delivery
library IbetRules {
    /// @notice The token's status is off.
    error IbetStatusOff(address token);
    /// @notice Transfers need the issuer's approval, which a settlement cannot wait for.
    error IbetApprovalRequired(address token);
    /// @notice Holders may not transfer the token.
    error IbetNotTransferable(address token);
    /// @notice The account has not registered with the issuer, and could not get at the tokens.
    error IbetNotRegistered(address token, address account, address issuer);

    /// @notice What keeps the token from being delivered to anybody, empty if nothing.
    function halted(IIbetSecurityToken token) internal view returns (bytes memory) {
        if (!token.status()) return abi.encodeWithSelector(IbetStatusOff.selector, token);
        if (token.transferApprovalRequired()) return abi.encodeWithSelector(IbetApprovalRequired.selector, token);
        return "";
    }

    /// @notice Why the account could not take the token, empty if it can.
    function unregistered(IIbetSecurityToken token, address account) internal view returns (bytes memory) {
        address issuer = token.owner();
        if (account == issuer || IIbetPersonalInfo(token.personalInfoAddress()).isRegistered(account, issuer)) return "";
        return abi.encodeWithSelector(IbetNotRegistered.selector, token, account, issuer);
    }
}
