// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Test doubles, written for devnets and tests from what is known of ibet's contracts: who may call what, in which state,
// and what each call books and reports. Not ibet's code; the adapters are to be run against the genuine contracts, too.

interface ITokenReceiverDouble {
    function tokenFallback(address from, uint256 value, bytes calldata data) external;
}

/// @title Test double of ibet's register of holders
contract IbetPersonalInfoDouble {
    mapping(address account => mapping(address issuer => bool known)) public isRegistered;

    function register(address issuer, string calldata) external returns (bool) {
        isRegistered[msg.sender][issuer] = true;
        return true;
    }
}

/// @title Test double of an ibet security token
contract IbetSecurityTokenDouble {
    address public immutable owner;
    address public tradableExchange;
    address public personalInfoAddress;
    bool public status = true;
    bool public transferable = true;
    bool public transferApprovalRequired;
    mapping(address account => uint256 units) public balanceOf;
    mapping(address lockAddress => mapping(address account => uint256 units)) public lockedOf;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Lock(address indexed accountAddress, address indexed lockAddress, uint256 value, string data);
    event Unlock(
        address indexed accountAddress,
        address indexed lockAddress,
        address recipientAddress,
        uint256 value,
        string data
    );
    event ForceUnlock(
        address indexed accountAddress,
        address indexed lockAddress,
        address recipientAddress,
        uint256 value,
        string data
    );
    event ChangeStatus(bool indexed status);

    constructor(address personalInfo, uint256 supply) {
        owner = msg.sender;
        personalInfoAddress = personalInfo;
        balanceOf[msg.sender] = supply;
    }

    modifier onlyOwner() {
        require(msg.sender == owner, "500001");
        _;
    }

    function setStatus(bool status_) external onlyOwner {
        status = status_;
        emit ChangeStatus(status_);
    }

    function setTransferable(bool transferable_) external onlyOwner {
        transferable = transferable_;
    }

    function setTransferApprovalRequired(bool required) external onlyOwner {
        transferApprovalRequired = required;
    }

    function setPersonalInfoAddress(address register) external onlyOwner {
        personalInfoAddress = register;
    }

    function setTradableExchange(address exchange) external onlyOwner {
        tradableExchange = exchange;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        require(balanceOf[msg.sender] >= value, "110401");
        require(transferable, "110402");
        if (to.code.length != 0) {
            require(to == tradableExchange, "110301");
        } else {
            require(msg.sender == tradableExchange || !transferApprovalRequired, "110201");
            require(to == owner || IbetPersonalInfoDouble(personalInfoAddress).isRegistered(to, owner), "110202");
        }
        _move(msg.sender, to, value);
        if (to.code.length != 0) ITokenReceiverDouble(to).tokenFallback(msg.sender, value, "");
        return true;
    }

    /// @dev The issuer's forced transfer; there is no approval.
    function transferFrom(address from, address to, uint256 value) external onlyOwner returns (bool) {
        require(balanceOf[from] >= value, "110601");
        _move(from, to, value);
        if (to.code.length != 0) ITokenReceiverDouble(to).tokenFallback(msg.sender, value, "");
        return true;
    }

    function lock(address lockAddress, uint256 value, string calldata data) external {
        require(balanceOf[msg.sender] >= value, "110002");
        balanceOf[msg.sender] -= value;
        lockedOf[lockAddress][msg.sender] += value;
        emit Lock(msg.sender, lockAddress, value, data);
    }

    /// @dev Asks neither status nor register.
    function unlock(address account, address recipient, uint256 value, string calldata data) external {
        require(lockedOf[msg.sender][account] >= value, "110102");
        lockedOf[msg.sender][account] -= value;
        balanceOf[recipient] += value;
        emit Unlock(account, msg.sender, recipient, value, data);
    }

    function forceUnlock(address lockAddress, address account, address recipient, uint256 value, string calldata data)
        external
        onlyOwner
    {
        require(lockedOf[lockAddress][account] >= value, "111201");
        lockedOf[lockAddress][account] -= value;
        balanceOf[recipient] += value;
        emit ForceUnlock(account, lockAddress, recipient, value, data);
    }

    function _move(address from, address to, uint256 value) private {
        balanceOf[from] -= value;
        balanceOf[to] += value;
        emit Transfer(from, to, value);
    }
}

/// @title Test double of the books behind ibet's delivery exchange
contract IbetDvpStorageDouble {
    struct Delivery {
        address token;
        address seller;
        address buyer;
        uint256 amount;
        address agent;
        bool confirmed;
        bool valid;
    }

    address public latestVersion;
    uint256 public latestDeliveryId;
    mapping(address account => mapping(address token => uint256 units)) public balances;
    mapping(address account => mapping(address token => uint256 units)) public commitments;
    mapping(uint256 deliveryId => Delivery delivery) private _deliveries;

    modifier onlyLatestVersion() {
        require(msg.sender == latestVersion, "250001");
        _;
    }

    function upgradeVersion(address exchange) external {
        latestVersion = exchange;
    }

    function setBalance(address account, address token, uint256 units) external onlyLatestVersion {
        balances[account][token] = units;
    }

    function setCommitment(address account, address token, uint256 units) external onlyLatestVersion {
        commitments[account][token] = units;
    }

    function addDelivery(Delivery calldata delivery) external onlyLatestVersion returns (uint256) {
        _deliveries[++latestDeliveryId] = delivery;
        return latestDeliveryId;
    }

    function setDelivery(uint256 deliveryId, bool confirmed, bool valid) external onlyLatestVersion {
        (_deliveries[deliveryId].confirmed, _deliveries[deliveryId].valid) = (confirmed, valid);
    }

    function getDelivery(uint256 deliveryId) external view returns (Delivery memory) {
        return _deliveries[deliveryId];
    }
}

/// @title Test double of ibet's delivery exchange
contract IbetDvpDouble is ITokenReceiverDouble {
    address public immutable storageAddress;
    IbetDvpStorageDouble private immutable BOOKS;

    event DeliveryCreated(
        uint256 indexed deliveryId,
        address indexed token,
        address seller,
        address buyer,
        uint256 amount,
        address agent,
        string data
    );
    event DeliveryCanceled(
        uint256 indexed deliveryId, address indexed token, address seller, address buyer, uint256 amount, address agent
    );
    event DeliveryConfirmed(
        uint256 indexed deliveryId, address indexed token, address seller, address buyer, uint256 amount, address agent
    );
    event DeliveryFinished(
        uint256 indexed deliveryId, address indexed token, address seller, address buyer, uint256 amount, address agent
    );
    event DeliveryAborted(
        uint256 indexed deliveryId, address indexed token, address seller, address buyer, uint256 amount, address agent
    );

    constructor(address books) {
        storageAddress = books;
        BOOKS = IbetDvpStorageDouble(books);
    }

    function tokenFallback(address from, uint256 value, bytes calldata) external {
        BOOKS.setBalance(from, msg.sender, BOOKS.balances(from, msg.sender) + value);
    }

    function withdraw(address token) external returns (bool) {
        uint256 units = BOOKS.balances(msg.sender, token);
        require(units > 0, "260501");
        BOOKS.setBalance(msg.sender, token, 0);
        return IbetSecurityTokenDouble(token).transfer(msg.sender, units);
    }

    function createDelivery(address token, address buyer, uint256 amount, address agent, string calldata data)
        external
        returns (uint256 deliveryId)
    {
        require(amount > 0, "260001");
        require(BOOKS.balances(msg.sender, token) >= amount, "260002");
        _requireTradable(token, "260003");
        deliveryId =
            BOOKS.addDelivery(IbetDvpStorageDouble.Delivery(token, msg.sender, buyer, amount, agent, false, true));
        BOOKS.setBalance(msg.sender, token, BOOKS.balances(msg.sender, token) - amount);
        BOOKS.setCommitment(msg.sender, token, BOOKS.commitments(msg.sender, token) + amount);
        emit DeliveryCreated(deliveryId, token, msg.sender, buyer, amount, agent, data);
    }

    function cancelDelivery(uint256 deliveryId) external returns (bool) {
        IbetDvpStorageDouble.Delivery memory d = BOOKS.getDelivery(deliveryId);
        require(d.valid, "260102");
        require(!d.confirmed, "260103");
        require(msg.sender == d.seller || msg.sender == d.buyer, "260104");
        _end(deliveryId, d, d.seller);
        emit DeliveryCanceled(deliveryId, d.token, d.seller, d.buyer, d.amount, d.agent);
        return true;
    }

    function confirmDelivery(uint256 deliveryId) external returns (bool) {
        IbetDvpStorageDouble.Delivery memory d = BOOKS.getDelivery(deliveryId);
        require(d.valid, "260202");
        require(!d.confirmed, "260203");
        require(msg.sender == d.buyer, "260204");
        _requireTradable(d.token, "260205");
        BOOKS.setDelivery(deliveryId, true, true);
        emit DeliveryConfirmed(deliveryId, d.token, d.seller, d.buyer, d.amount, d.agent);
        return true;
    }

    function finishDelivery(uint256 deliveryId) external returns (bool) {
        IbetDvpStorageDouble.Delivery memory d = BOOKS.getDelivery(deliveryId);
        require(d.valid, "260302");
        require(d.confirmed, "260303");
        require(msg.sender == d.agent, "260304");
        _requireTradable(d.token, "260305");
        _end(deliveryId, d, d.buyer);
        emit DeliveryFinished(deliveryId, d.token, d.seller, d.buyer, d.amount, d.agent);
        return true;
    }

    /// @dev Works whatever the token's status.
    function abortDelivery(uint256 deliveryId) external returns (bool) {
        IbetDvpStorageDouble.Delivery memory d = BOOKS.getDelivery(deliveryId);
        require(d.valid, "260402");
        require(d.confirmed, "260403");
        require(msg.sender == d.agent, "260404");
        _end(deliveryId, d, d.seller);
        emit DeliveryAborted(deliveryId, d.token, d.seller, d.buyer, d.amount, d.agent);
        return true;
    }

    function getDelivery(uint256 deliveryId)
        external
        view
        returns (address, address, address, uint256, address, bool, bool)
    {
        IbetDvpStorageDouble.Delivery memory d = BOOKS.getDelivery(deliveryId);
        return (d.token, d.seller, d.buyer, d.amount, d.agent, d.confirmed, d.valid);
    }

    function balanceOf(address account, address token) external view returns (uint256) {
        return BOOKS.balances(account, token);
    }

    function _requireTradable(address token, string memory code) private view {
        IbetSecurityTokenDouble asked = IbetSecurityTokenDouble(token);
        require(asked.status() && !asked.transferApprovalRequired(), code);
    }

    function _end(uint256 deliveryId, IbetDvpStorageDouble.Delivery memory d, address to) private {
        BOOKS.setBalance(to, d.token, BOOKS.balances(to, d.token) + d.amount);
        BOOKS.setCommitment(d.seller, d.token, BOOKS.commitments(d.seller, d.token) - d.amount);
        BOOKS.setDelivery(deliveryId, d.confirmed, false);
    }
}
