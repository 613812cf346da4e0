// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CollateralVault} from "../src/CollateralVault.sol";
import {ForcedExit} from "../src/ForcedExit.sol";
import {Guardian} from "../src/Guardian.sol";
import {OperatorRegistry} from "../src/OperatorRegistry.sol";
import {SettlementLedger} from "../src/SettlementLedger.sol";
import {ICollateralVault} from "../src/interfaces/ICollateralVault.sol";
import {Header, Opening, Sig} from "../src/Types.sol";
import {TestToken} from "./mocks/TestToken.sol";
import {vm} from "./Vm.sol";

/// @notice One chain as a test sees it: five operators of which three sign, a token of six decimals, a house account
/// (index 0) that may owe, and members from 16 on.
abstract contract House {
    uint256 internal constant N = 5;
    uint256 internal constant K = 3;
    uint32 internal constant FIRST = 16;
    uint32 internal constant MEMBERS = 6;
    int128 internal constant FLOOR = -1_000_000e6;
    uint256 internal constant MAX_GROSS = 1e24;
    uint64 internal constant GRACE = 7 days;
    bytes32 internal constant ORIGIN = sha256("novate.test/house");

    OperatorRegistry internal registry;
    Guardian internal guardian;
    CollateralVault internal vault;
    SettlementLedger internal ledger;
    ForcedExit internal forcedExit;
    TestToken internal token;

    address internal watchman = address(0x6a2d);
    address internal treasury = address(0x72ea);
    uint256[] internal keys;

    function setUp() public virtual {
        vm.warp(1_900_000_000);
        _sortedKeys();
        _deployCore();
        token = new TestToken("Dollar", "USD", 6);
        (ledger, forcedExit) = _deployRail(address(token), 6, 6);
        _open(_openings());
    }

    function _sortedKeys() private {
        for (uint256 key = 1; key <= N; ++key) keys.push(key);
        for (uint256 i = 0; i < N; ++i) {
            for (uint256 j = i + 1; j < N; ++j) {
                if (vm.addr(keys[j]) < vm.addr(keys[i])) (keys[i], keys[j]) = (keys[j], keys[i]);
            }
        }
    }

    function _deployCore() internal {
        address[] memory ops = new address[](N);
        for (uint256 i = 0; i < N; ++i) ops[i] = vm.addr(keys[i]);
        address[] memory guardians = new address[](1);
        guardians[0] = watchman;
        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        registry = new OperatorRegistry(ops, uint16(K), 14 days, Guardian(next));
        guardian = new Guardian(guardians, 72 hours, registry);
        vault = new CollateralVault(registry, guardian);
    }

    function _deployRail(address asset, uint8 decimals, uint8 scale)
        internal
        returns (SettlementLedger newLedger, ForcedExit newExit)
    {
        newLedger = _newLedger(asset);
        newExit = new ForcedExit(registry, newLedger, vault, GRACE);
        vault.registerToken(_config(asset, newLedger, decimals, scale), _soon(), _registration(asset, newLedger, decimals, scale));
    }

    function _newLedger(address asset) internal returns (SettlementLedger) {
        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        return new SettlementLedger(
            SettlementLedger.Parts(registry, guardian, vault, next, asset, ORIGIN, MAX_GROSS, FLOOR)
        );
    }

    function _config(address asset, SettlementLedger ofLedger, uint8 decimals, uint8 scale)
        internal
        pure
        returns (ICollateralVault.TokenConfig memory)
    {
        return ICollateralVault.TokenConfig(asset, address(ofLedger), decimals, scale, 1e25, 10_000, 10_000, 0);
    }

    function _registration(address asset, SettlementLedger ofLedger, uint8 decimals, uint8 scale)
        internal
        view
        returns (Sig[] memory)
    {
        bytes32 hash = keccak256(
            abi.encode(
                keccak256(
                    "TokenRegistration(address token,address ledger,uint8 tokenDecimals,uint8 railScale,uint96 cap,uint16 hourlyBps,uint16 dailyBps,uint96 claimFloor,uint64 deadline)"
                ),
                _config(asset, ofLedger, decimals, scale),
                _soon()
            )
        );
        return _sign(_typed("Novate CollateralVault", address(vault), hash));
    }

    function _openings() internal view returns (Opening[] memory openings) {
        openings = new Opening[](MEMBERS + 1);
        openings[0] = Opening(0, treasury);
        for (uint32 i = 0; i < MEMBERS; ++i) openings[i + 1] = Opening(FIRST + i, _owner(FIRST + i));
    }

    function _owner(uint32 index) internal pure returns (address) {
        return address(uint160(0xace0000 + index));
    }

    function _soon() internal view returns (uint64) {
        return uint64(block.timestamp) + 30 minutes;
    }

    function _typed(string memory name, address verifier, bytes32 hash) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256("1"),
                block.chainid,
                verifier
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, hash));
    }

    function _sign(bytes32 digest) internal view returns (Sig[] memory sigs) {
        sigs = new Sig[](K);
        for (uint256 i = 0; i < K; ++i) sigs[i] = _signBy(keys[i], digest);
    }

    function _signBy(uint256 key, bytes32 digest) internal pure returns (Sig memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return Sig(vm.addr(key), abi.encodePacked(r, s, v));
    }

    function _open(Opening[] memory openings) internal {
        uint64 epoch = registry.epoch();
        ledger.openAccounts(openings, epoch, _soon(), _sign(_openingsDigest(openings, epoch, _soon())));
    }

    function _openingsDigest(Opening[] memory openings, uint64 epoch, uint64 deadline) internal view returns (bytes32) {
        bytes32 type_ = keccak256("Openings(bytes32 openingsHash,uint64 epoch,uint64 deadline)");
        bytes32 hash = keccak256(abi.encode(type_, keccak256(abi.encode(openings)), epoch, deadline));
        return _typed("Novate SettlementLedger", address(ledger), hash);
    }

    /// @dev The next batch of the ledger, as the operators would seal it.
    function _header(bytes memory payload) internal view returns (Header memory) {
        uint64 seq = ledger.lastSeq() + 1;
        return Header({
            origin: ORIGIN,
            seq: seq,
            prevHash: ledger.lastHash(),
            cycle: seq,
            leg: 0,
            payloadHash: keccak256(payload),
            logSize: 100 * seq,
            logRoot: keccak256(abi.encode("log", seq)),
            stateRoot: keccak256(abi.encode("state", seq)),
            balanceRoot: keccak256(abi.encode("balances", seq)),
            epoch: registry.epoch(),
            deadline: _soon()
        });
    }

    function _settle(bytes memory payload) internal {
        Header memory h = _header(payload);
        ledger.settle(h, payload, _sign(ledger.digestOf(h)));
    }

    function _deposit(uint32 index, uint256 amount) internal {
        token.mint(address(this), amount);
        token.approve(address(vault), amount);
        vault.deposit(address(token), index, amount);
    }

    function _pause() internal {
        vm.prank(watchman);
        guardian.pause();
    }

    function _zigzag(int256 delta) internal pure returns (uint96) {
        return uint96(delta < 0 ? uint256(-2 * delta - 1) : uint256(2 * delta));
    }

    function _pair(uint256 slot, int256 even, int256 odd) internal pure returns (bytes memory) {
        return abi.encodePacked(uint32(slot), _zigzag(even), _zigzag(odd));
    }

    /// @dev Two members of one slot: `from` even pays its neighbour.
    function _transfer(uint32 from, int256 amount) internal pure returns (bytes memory) {
        return abi.encodePacked(hex"0100010000", _pair(from >> 1, -amount, amount));
    }

    function _withdrawal(uint32 index, address to, uint128 amount) internal pure returns (bytes memory) {
        return abi.encodePacked(hex"0100000001", index, to, amount);
    }
}
