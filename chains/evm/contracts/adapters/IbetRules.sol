// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IIbetRules} from "../interfaces/IIbetRules.sol";
import {IIbetPersonalInfo, IIbetSecurityToken} from "../interfaces/external/IIbet.sol";

/// @title What an ibet token's own rules say about a delivery
library IbetRules {
    /// @notice What keeps the token from being delivered to anybody, empty if nothing.
    function halted(IIbetSecurityToken token) internal view returns (bytes memory) {
        if (!token.status()) return abi.encodeWithSelector(IIbetRules.IbetStatusOff.selector, token);
        if (token.transferApprovalRequired()) return abi.encodeWithSelector(IIbetRules.IbetApprovalRequired.selector, token);
        return "";
    }

    /// @notice Why the account could not take the token, empty if it can.
    function unregistered(IIbetSecurityToken token, address account) internal view returns (bytes memory) {
        address issuer = token.owner();
        if (account == issuer || IIbetPersonalInfo(token.personalInfoAddress()).isRegistered(account, issuer)) return "";
        return abi.encodeWithSelector(IIbetRules.IbetNotRegistered.selector, token, account, issuer);
    }
}
