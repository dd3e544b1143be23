// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDvpApp} from "../interfaces/IDvpApp.sol";
import {ITokenAdapter} from "../interfaces/ITokenAdapter.sol";
import {DvpTerms} from "../dvp/DvpTerms.sol";

/// @title What all adapters share: the earmarks, who may move them, and the least gas of a delivery
abstract contract AdapterBase is ITokenAdapter {
    using DvpTerms for IDvpApp.Terms;

    /// @custom:storage-location erc7201:crossdvp.storage.DvpApp
    struct EarmarkStorage {
        /// @dev terms hash while earmarked; the app remembers used trade ids, so that this is cleared at the end
        mapping(bytes32 tradeId => bytes32 termsHash) earmarks;
    }

    /// @notice The app whose earmarks are kept here.
    address public immutable APP;
    /// @notice Least gas with which a delivery is tried.
    /// @dev A token may call others and take their lack of gas for a "no": a relayer who pays too little must not be able
    ///      to turn a delivery into a refusal.
    uint256 public immutable GAS_FLOOR;

    /// @dev keccak256(abi.encode(uint256(keccak256("crossdvp.storage.DvpApp")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE_SLOT = 0xe244dbc3fb6c8375bfda661893256341c1aca98e8f7e69811a70d9785827f100;

    /// @param app the app whose earmarks are kept here
    /// @param gasFloor least gas with which a delivery is tried
    constructor(address app, uint256 gasFloor) {
        _requireCode(app);
        APP = app;
        GAS_FLOOR = gasFloor;
    }

    modifier onlyApp() {
        if (msg.sender != APP) revert AdapterCallerNotApp(APP, msg.sender);
        _;
    }

    // ------------------------------------------------------------------------------------------------------- moves

    /// @inheritdoc ITokenAdapter
    function earmark(IDvpApp.Terms calldata terms, bytes32 termsHash, bytes calldata data) external onlyApp {
        _earmarks().earmarks[terms.tradeId] = termsHash;
        _setAside(terms, data);
    }

    /// @inheritdoc ITokenAdapter
    function deliver(IDvpApp.Terms calldata terms, bytes32 termsHash) external onlyApp {
        // without data on purpose: the router and the app pass that on as lack of gas
        if (gasleft() < GAS_FLOOR) revert();
        _clear(terms.tradeId, termsHash);
        _giveToBuyer(terms);
    }

    /// @inheritdoc ITokenAdapter
    function release(IDvpApp.Terms calldata terms, bytes32 termsHash) external onlyApp {
        _clear(terms.tradeId, termsHash);
        _giveToSeller(terms);
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ITokenAdapter
    function earmarkOf(bytes32 tradeId) public view returns (bytes32) {
        return _earmarks().earmarks[tradeId];
    }

    /// @inheritdoc ITokenAdapter
    function earmarkSlot(bytes32 tradeId) external pure returns (bytes32) {
        return keccak256(abi.encode(tradeId, STORAGE_SLOT));
    }

    // -------------------------------------------------------------------------------------------- what families do

    /// @dev Sets exactly the quantity aside, or reverts.
    function _setAside(IDvpApp.Terms calldata terms, bytes calldata data) internal virtual;

    /// @dev Gives the buyer exactly the quantity, or reverts.
    function _giveToBuyer(IDvpApp.Terms calldata terms) internal virtual;

    /// @dev Gives the seller exactly the quantity, or reverts.
    function _giveToSeller(IDvpApp.Terms calldata terms) internal virtual;

    // ---------------------------------------------------------------------------------------------------- internal

    function _isEarmarked(IDvpApp.Terms calldata terms) internal view returns (bool) {
        return earmarkOf(terms.tradeId) == terms.hash();
    }

    /// @dev The open trades' token and the units they need together. Terms of several tokens are refused.
    function _booked(IDvpApp.Terms[] calldata open) internal view returns (address token, uint256 units) {
        for (uint256 i = 0; i < open.length; ++i) {
            if (i == 0) token = open[i].token;
            if (open[i].token != token) revert AdapterTokensMixed(token, open[i].token);
            if (_isEarmarked(open[i])) units += open[i].quantity;
        }
    }

    function _requireCode(address found) internal view {
        if (found.code.length == 0) revert AdapterContractMissing(found);
    }

    function _requireNoData(bytes calldata data) internal pure {
        if (data.length != 0) revert AdapterDataInvalid(0, data.length);
    }

    function _clear(bytes32 tradeId, bytes32 termsHash) private {
        mapping(bytes32 => bytes32) storage earmarks = _earmarks().earmarks;
        bytes32 stored = earmarks[tradeId];
        if (stored != termsHash) revert IDvpApp.DvpEarmarkMismatch(tradeId, stored, termsHash);
        delete earmarks[tradeId];
    }

    function _earmarks() private pure returns (EarmarkStorage storage store) {
        assembly ("memory-safe") {
            store.slot := STORAGE_SLOT
        }
    }
}
