// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IDvpApp} from "../interfaces/IDvpApp.sol";
import {ITokenAdapter} from "../interfaces/ITokenAdapter.sol";
import {AdapterBase} from "./AdapterBase.sol";
import {Alarms} from "./Alarms.sol";

/// @title An adapter that takes the tokens into its own account
/// @notice Believes balances, not return values: on each move an account must change by exactly the quantity.
/// @dev All trades of a token share one balance. A token that charges the payer more than it gives the payee would take
///      from the other trades; therefore what leaves the escrow is measured at both ends.
abstract contract TokenEscrow is AdapterBase {
    using SafeERC20 for IERC20;
    using Alarms for Alarms.List;

    /// @dev Room for the shortfall and what a family adds.
    uint256 private constant MOST_ALARMS = 8;

    // ------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ITokenAdapter
    function obstacle(IDvpApp.Terms calldata terms) external view returns (bytes memory) {
        bytes memory missing = _shortfall(terms.token, terms.quantity);
        return missing.length != 0 ? missing : _refusal(terms);
    }

    /// @inheritdoc ITokenAdapter
    function interference(IDvpApp.Terms[] calldata open) external view returns (bytes[] memory) {
        (address token, uint256 mustHold) = _booked(open);
        if (mustHold == 0) return new bytes[](0);
        Alarms.List memory alarms = Alarms.roomFor(MOST_ALARMS);
        alarms.raise(_shortfall(token, mustHold));
        _raiseMore(alarms, token, mustHold);
        return alarms.raised();
    }

    // -------------------------------------------------------------------------------------------- what families do

    /// @dev What the family's rules have against paying the buyer, empty if nothing.
    function _refusal(IDvpApp.Terms calldata terms) internal view virtual returns (bytes memory);

    /// @dev Raises what the issuer has done to the escrow of `mustHold` units, beyond taking tokens out.
    function _raiseMore(Alarms.List memory alarms, address token, uint256 mustHold) internal view virtual;

    // ------------------------------------------------------------------------------------------------------- moves

    /// @inheritdoc AdapterBase
    function _setAside(IDvpApp.Terms calldata terms, bytes calldata data) internal virtual override {
        _requireNoData(data);
        IERC20 token = IERC20(terms.token);
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(terms.seller, address(this), terms.quantity);
        _requireChange(token, address(this), before, token.balanceOf(address(this)), terms.quantity);
    }

    /// @inheritdoc AdapterBase
    function _giveToBuyer(IDvpApp.Terms calldata terms) internal override {
        _pay(IERC20(terms.token), terms.buyer, terms.quantity);
    }

    /// @inheritdoc AdapterBase
    function _giveToSeller(IDvpApp.Terms calldata terms) internal override {
        _pay(IERC20(terms.token), terms.seller, terms.quantity);
    }

    function _pay(IERC20 token, address to, uint256 quantity) private {
        uint256 held = token.balanceOf(address(this));
        uint256 before = token.balanceOf(to);
        token.safeTransfer(to, quantity);
        _requireChange(token, to, before, token.balanceOf(to), quantity);
        _requireChange(token, address(this), token.balanceOf(address(this)), held, quantity);
    }

    function _requireChange(IERC20 token, address account, uint256 less, uint256 more, uint256 quantity) private pure {
        if (more < less || more - less != quantity) {
            revert AdapterAmountMismatch(address(token), account, quantity, more < less ? 0 : more - less);
        }
    }

    function _shortfall(address token, uint256 mustHold) private view returns (bytes memory) {
        uint256 holds = IERC20(token).balanceOf(address(this));
        if (holds >= mustHold) return "";
        return abi.encodeWithSelector(AdapterShortfall.selector, token, address(this), mustHold, holds);
    }
}
