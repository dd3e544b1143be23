// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDvpApp} from "../interfaces/IDvpApp.sol";
import {ITokenAdapter} from "../interfaces/ITokenAdapter.sol";
import {IErc3643Token} from "../interfaces/external/IErc3643Token.sol";
import {AdapterBase} from "./AdapterBase.sol";
import {Alarms} from "./Alarms.sol";
import {TokenEscrow} from "./TokenEscrow.sol";

/// @title Escrow for ERC-3643 tokens
/// @notice Holds the tokens as a registered identity, like any investor. The other way, freezing them at the seller's,
///         would need the agent role, which can also mint, burn and force transfers: far more than an earmark needs.
contract Erc3643Adapter is TokenEscrow {
    using Alarms for Alarms.List;

    /// @dev The registry asks claim issuers and takes their lack of gas for an invalid claim; compliance asks modules.
    uint256 private constant LEAST_GAS = 1_000_000;

    /// @notice The token is paused.
    error Erc3643Paused(address token);
    /// @notice The account is frozen.
    error Erc3643AccountFrozen(address token, address account);
    /// @notice Part of what the account holds is frozen, and the rest does not suffice.
    error Erc3643TokensFrozen(address token, address account, uint256 needed, uint256 unfrozen);
    /// @notice The account has no identity with the claims that the token asks for.
    error Erc3643NotVerified(address token, address account);
    /// @notice The token's compliance does not allow the transfer.
    error Erc3643NotCompliant(address token, address from, address to, uint256 amount);

    /// @param app the app whose earmarks are kept here
    constructor(address app) AdapterBase(app, LEAST_GAS) {}

    /// @inheritdoc ITokenAdapter
    function family() external pure returns (string memory) {
        return "erc3643";
    }

    /// @dev A wallet that lost its registration cannot be paid, so an escrow without one takes nothing in.
    function _setAside(IDvpApp.Terms calldata terms, bytes calldata data) internal override {
        if (!IErc3643Token(terms.token).identityRegistry().isVerified(address(this))) {
            revert Erc3643NotVerified(terms.token, address(this));
        }
        super._setAside(terms, data);
    }

    function _refusal(IDvpApp.Terms calldata terms) internal view override returns (bytes memory) {
        IErc3643Token token = IErc3643Token(terms.token);
        bytes memory halted = _halted(token, terms.quantity);
        if (halted.length != 0) return halted;
        if (token.isFrozen(terms.buyer)) {
            return abi.encodeWithSelector(Erc3643AccountFrozen.selector, token, terms.buyer);
        }
        if (!token.identityRegistry().isVerified(terms.buyer)) {
            return abi.encodeWithSelector(Erc3643NotVerified.selector, token, terms.buyer);
        }
        if (!token.compliance().canTransfer(address(this), terms.buyer, terms.quantity)) {
            return abi.encodeWithSelector(
                Erc3643NotCompliant.selector, token, address(this), terms.buyer, terms.quantity
            );
        }
        return "";
    }

    /// @dev An escrow without an identity can still pay out, but nothing can be earmarked, and recovery takes it away.
    function _raiseMore(Alarms.List memory alarms, address token_, uint256 mustHold) internal view override {
        IErc3643Token token = IErc3643Token(token_);
        alarms.raise(_halted(token, mustHold));
        if (!token.identityRegistry().isVerified(address(this))) {
            alarms.raise(abi.encodeWithSelector(Erc3643NotVerified.selector, token, address(this)));
        }
    }

    /// @dev What keeps the escrow from paying `amount` to anybody.
    function _halted(IErc3643Token token, uint256 amount) private view returns (bytes memory) {
        if (token.paused()) return abi.encodeWithSelector(Erc3643Paused.selector, token);
        if (token.isFrozen(address(this))) {
            return abi.encodeWithSelector(Erc3643AccountFrozen.selector, token, address(this));
        }
        uint256 frozen = token.getFrozenTokens(address(this));
        uint256 holds = token.balanceOf(address(this));
        if (frozen == 0 || holds >= frozen + amount) return "";
        uint256 unfrozen = holds > frozen ? holds - frozen : 0;
        return abi.encodeWithSelector(Erc3643TokensFrozen.selector, token, address(this), amount, unfrozen);
    }
}
