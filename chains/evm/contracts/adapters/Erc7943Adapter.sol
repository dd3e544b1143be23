// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IDvpApp} from "../interfaces/IDvpApp.sol";
import {IERC7943Fungible} from "../interfaces/IERC7943Fungible.sol";
import {ITokenAdapter} from "../interfaces/ITokenAdapter.sol";
import {AdapterBase} from "./AdapterBase.sol";
import {Alarms} from "./Alarms.sol";
import {TokenEscrow} from "./TokenEscrow.sol";

/// @title Escrow for ERC-7943 tokens
/// @notice Holds the tokens like any allowed account. Freezing them at the seller's would need the registrar's right to
///         freeze, which is set for whole accounts and goes with forced transfers.
contract Erc7943Adapter is TokenEscrow {
    using Alarms for Alarms.List;

    /// @dev Rules may ask other contracts.
    uint256 private constant LEAST_GAS = 300_000;

    /// @notice The token does not declare ERC-7943.
    error Erc7943NotDeclared(address token);

    /// @param app the app whose earmarks are kept here
    constructor(address app) AdapterBase(app, LEAST_GAS) {}

    /// @inheritdoc ITokenAdapter
    function family() external pure returns (string memory) {
        return "erc7943";
    }

    function _setAside(IDvpApp.Terms calldata terms, bytes calldata data) internal override {
        if (!IERC7943Fungible(terms.token).supportsInterface(type(IERC7943Fungible).interfaceId)) {
            revert Erc7943NotDeclared(terms.token);
        }
        super._setAside(terms, data);
    }

    function _refusal(IDvpApp.Terms calldata terms) internal view override returns (bytes memory) {
        IERC7943Fungible token = IERC7943Fungible(terms.token);
        bytes memory halted = _halted(token, terms.quantity);
        if (halted.length != 0) return halted;
        if (!token.canReceive(terms.buyer)) {
            return abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotReceive.selector, terms.buyer);
        }
        if (!token.canTransfer(address(this), terms.buyer, terms.quantity)) {
            return abi.encodeWithSelector(
                IERC7943Fungible.ERC7943CannotTransfer.selector, address(this), terms.buyer, terms.quantity
            );
        }
        return "";
    }

    /// @dev A pause shows as a transfer to itself that nothing else forbids.
    function _raiseMore(Alarms.List memory alarms, address token_, uint256 mustHold) internal view override {
        IERC7943Fungible token = IERC7943Fungible(token_);
        bytes memory halted = _halted(token, mustHold);
        alarms.raise(halted);
        if (!token.canReceive(address(this))) {
            alarms.raise(abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotReceive.selector, address(this)));
        } else if (halted.length == 0 && !token.canTransfer(address(this), address(this), 1)) {
            alarms.raise(
                abi.encodeWithSelector(
                    IERC7943Fungible.ERC7943CannotTransfer.selector, address(this), address(this), uint256(1)
                )
            );
        }
    }

    /// @dev What keeps the escrow from paying `amount` to anybody.
    function _halted(IERC7943Fungible token, uint256 amount) private view returns (bytes memory) {
        if (!token.canSend(address(this))) {
            return abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotSend.selector, address(this));
        }
        uint256 frozen = token.getFrozenTokens(address(this));
        uint256 holds = IERC20(address(token)).balanceOf(address(this));
        uint256 unfrozen = holds > frozen ? holds - frozen : 0;
        if (frozen == 0 || unfrozen >= amount) return "";
        return abi.encodeWithSelector(
            IERC7943Fungible.ERC7943InsufficientUnfrozenBalance.selector, address(this), amount, unfrozen
        );
    }
}
