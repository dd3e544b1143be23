// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What is used of an ibet security token
/// @notice Not an ERC-20: there is no approval, and `transferFrom` is the issuer's forced transfer.
interface IIbetSecurityToken {
    /// @notice Tokens of an account became spendable by the lock address only.
    event Lock(address indexed accountAddress, address indexed lockAddress, uint256 value, string data);
    /// @notice Locked tokens went to the recipient.
    event Unlock(
        address indexed accountAddress,
        address indexed lockAddress,
        address recipientAddress,
        uint256 value,
        string data
    );

    /// @notice Gives locked tokens to the recipient. Only the lock address calls. Asks no rule of the token.
    function unlock(address accountAddress, address recipientAddress, uint256 value, string calldata data) external;

    /// @return the issuer
    function owner() external view returns (address);
    function balanceOf(address account) external view returns (uint256);
    /// @return tokens of the account that the lock address can unlock, over all its locks
    function lockedOf(address lockAddress, address accountAddress) external view returns (uint256);
    /// @return whether the token is handled at all
    function status() external view returns (bool);
    /// @return whether holders may transfer
    function transferable() external view returns (bool);
    /// @return whether each transfer needs the issuer's approval
    function transferApprovalRequired() external view returns (bool);
    /// @return the one exchange that may hold tokens for others
    function tradableExchange() external view returns (address);
    /// @return the register of holders' personal information
    function personalInfoAddress() external view returns (address);
}

/// @title ibet's register of holders' personal information
interface IIbetPersonalInfo {
    /// @return whether the account has registered with the issuer
    function isRegistered(address account, address issuer) external view returns (bool);
}

/// @title ibet's delivery-versus-payment exchange
/// @notice created by the seller, confirmed by the buyer, then finished or aborted by the agent.
interface IIbetDvp {
    /// @notice Gives the delivered tokens to the buyer's account at the exchange. Only the agent calls.
    function finishDelivery(uint256 deliveryId) external returns (bool);
    /// @notice Gives the tokens back to the seller's account at the exchange. Only the agent calls.
    function abortDelivery(uint256 deliveryId) external returns (bool);

    /// @return token what is delivered
    /// @return seller who gives
    /// @return buyer who gets
    /// @return amount units
    /// @return agent who finishes or aborts
    /// @return confirmed whether the buyer has confirmed
    /// @return valid false once cancelled, finished or aborted, which it does not tell apart
    function getDelivery(uint256 deliveryId)
        external
        view
        returns (
            address token,
            address seller,
            address buyer,
            uint256 amount,
            address agent,
            bool confirmed,
            bool valid
        );
    /// @return units of the account at the exchange that it can withdraw
    function balanceOf(address account, address token) external view returns (uint256);
    /// @return the contract that keeps the exchange's books
    function storageAddress() external view returns (address);
}

/// @title The books of ibet's exchange
interface IIbetDvpStorage {
    /// @return the one exchange contract that may write the books
    function latestVersion() external view returns (address);
}
