// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What the adapter of ibet deliveries adds
interface IIbetDvpAdapter {
    /// @notice The delivery is the earmark of another trade.
    error IbetDeliveryTaken(uint256 deliveryId, bytes32 tradeId);
    /// @notice The delivery is not for these terms and this agent; the values are the delivery's.
    error IbetDeliveryMismatch(
        uint256 deliveryId, address token, address seller, address buyer, uint256 amount, address agent
    );
    /// @notice The delivery is not confirmed, or was cancelled, finished or aborted.
    error IbetDeliveryNotOpen(uint256 deliveryId, bool confirmed, bool valid);
    /// @notice Another exchange took over: the old one can neither finish nor abort.
    error IbetExchangeReplaced(address expected, address found);
    /// @notice Only seller or buyer give up a delivery that no trade took.
    error IbetCallerNotParty(uint256 deliveryId, address found);

    /// @notice Gives a confirmed delivery back to its seller that no trade was earmarked with: no one but the agent can.
    /// @param deliveryId delivery whose agent is this adapter
    function abandon(uint256 deliveryId) external;

    /// @param tradeId trade
    /// @return the delivery that is or was its earmark, 0 if none
    function deliveryOf(bytes32 tradeId) external view returns (uint256);
}
