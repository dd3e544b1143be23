// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Which tokens an adapter takes
/// @notice Asked when an earmark is made only: taking a token off the list strands nothing.
interface IListedTokens {
    /// @notice The token can be earmarked from now on.
    event TokenListed(address indexed token);
    /// @notice The token cannot be earmarked any more.
    event TokenUnlisted(address indexed token);

    /// @notice The token is not on this adapter's list.
    error ListedTokenUnknown(address token);

    /// @notice Puts a token on the list. Only the owner.
    function listToken(address token) external;

    /// @notice Takes a token off the list. Only the owner.
    function unlistToken(address token) external;

    /// @return whether the token can be earmarked
    function isListed(address token) external view returns (bool);
}
