// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable2Step, Ownable} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IListedTokens} from "../interfaces/IListedTokens.sol";

/// @title Which tokens an adapter takes
/// @notice For families whose contracts act on any address that is called a token.
abstract contract ListedTokens is IListedTokens, Ownable2Step {
    mapping(address token => bool listed) private _listed;

    /// @param owner keeps the list
    constructor(address owner) Ownable(owner) {}

    /// @inheritdoc IListedTokens
    function listToken(address token) external onlyOwner {
        if (token.code.length == 0) revert ListedTokenUnknown(token);
        _listed[token] = true;
        emit TokenListed(token);
    }

    /// @inheritdoc IListedTokens
    function unlistToken(address token) external onlyOwner {
        delete _listed[token];
        emit TokenUnlisted(token);
    }

    /// @inheritdoc IListedTokens
    function isListed(address token) public view returns (bool) {
        return _listed[token];
    }

    function _requireListed(address token) internal view {
        if (!_listed[token]) revert ListedTokenUnknown(token);
    }
}
