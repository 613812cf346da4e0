// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlementLedger} from "./interfaces/ISettlementLedger.sol";

/// @notice The balances of a SettlementLedger, two to a storage word: index 2s in the low half of word s, index 2s + 1 in
/// the high half. A half is 0 while the account is not open, and ZERO + balance from then on, so its top bit says at
/// once that the account is open and not below zero, and no batch writes a balance for the first time.
/// @dev No half overflows: the vault holds less than 2^95 rail units and floors are at least -2^95, so balances stay
/// below 2^100; a delta is below 2^95. Of at most 2^17 deltas no sum of a batch reaches 2^113.
abstract contract BalanceBook {
    uint256 internal constant INDICES = 1 << 20;
    uint256 internal constant PAIR_BYTES = 28;

    uint256 private constant SLOTS = 1 << 19;
    uint256 private constant LAST_HOUSE_SLOT = 7;
    /// @dev A balance of zero as stored.
    int256 private constant ZERO = 1 << 127;
    uint256 private constant HALF = 0xffffffffffffffffffffffffffffffff;
    uint256 private constant DELTA = 0xffffffffffffffffffffffff;
    /// @dev The same in the high half.
    uint256 private constant HIGH_DELTA = 0x00000000ffffffffffffffffffffffff00000000000000000000000000000000;
    /// @dev The lowest bit of both halves, the highest, and all but the highest.
    uint256 private constant ONES = 0x0000000000000000000000000000000100000000000000000000000000000001;
    uint256 private constant TOPS = 0x8000000000000000000000000000000080000000000000000000000000000000;
    uint256 private constant RESTS = 0x7fffffffffffffffffffffffffffffff7fffffffffffffffffffffffffffffff;

    /// @notice Lowest balance of a house account, rail units.
    int128 public immutable houseFloor;
    /// @dev An array as long as this is a number added to its own slot: nothing to hash.
    uint256[SLOTS] private _words;

    /// @dev What the pairs of a batch sum up to, each of them once for the low and once for the high half of the words.
    struct Sums {
        uint256 nextSlot;
        uint256 delta;
        uint256 twiceMoved;
        uint256 count;
    }

    constructor(int128 houseFloor_) {
        if (houseFloor_ > 0 || houseFloor_ < -(1 << 95)) revert ISettlementLedger.InvalidLimit();
        houseFloor = houseFloor_;
    }

    function _balance(uint32 index) internal view returns (int128) {
        if (index >= INDICES) return 0;
        uint256 half = _half(_words[index >> 1], index);
        return half == 0 ? int128(0) : int128(int256(half) - ZERO);
    }

    function _begin(uint32 index) internal {
        _words[index >> 1] |= uint256(ZERO) << _shift(index);
    }

    function _empty(uint32 index) internal {
        uint256 shift = _shift(index);
        _words[index >> 1] = (_words[index >> 1] & ~(HALF << shift)) | (uint256(ZERO) << shift);
    }

    function _add(uint32 index, uint96 amount) internal {
        _words[index >> 1] += uint256(amount) << _shift(index);
    }

    /// @dev Not even a house account withdraws what it does not have: that would be other accounts' money.
    function _subtract(uint32 index, uint128 amount) internal {
        if (index >= INDICES) revert ISettlementLedger.UnopenedAccount(index);
        uint256 word = _words[index >> 1];
        _check(index, _half(word, index), -int256(uint256(amount)), ZERO);
        _words[index >> 1] = word - (uint256(amount) << _shift(index));
    }

    /// @notice Applies the pairs of a payload, see ISettlementLedger.
    /// @param pos calldata offset of the first pair
    /// @param end calldata offset behind the last
    /// @return count accounts whose balance moves
    /// @return gross sum of all debits, rail units
    function _applyPairs(uint256 pos, uint256 end) internal returns (uint32 count, uint256 gross) {
        Sums memory sums;
        while ((pos = _applyPlain(pos, end, sums)) < end) {
            _applyOther(pos, sums);
            pos += PAIR_BYTES;
        }
        // Slots ascend, so the last one speaks for all: nothing was written outside the array.
        uint256 behind = sums.nextSlot;
        if (behind > SLOTS) revert ISettlementLedger.UnopenedAccount(uint32((behind - 1) << 1));
        unchecked {
            int256 low = int128(uint128(sums.delta));
            int256 sum = low + (int256(sums.delta - uint256(low)) >> 128);
            if (sum != 0) revert ISettlementLedger.NotZeroSum(sum);
            // Every unit that moves is a debit of one account and a credit of another.
            return (uint32(_bothHalves(sums.count)), _bothHalves(sums.twiceMoved) >> 2);
        }
    }

    /// @dev Applies pairs up to the first that needs a closer look, and says where that is. Plain pairs are of two open
    /// accounts that are not below zero before or after: nearly all of a batch, at two storage accesses and about 300 gas.
    /// Both halves are computed at once. zigzag: the last bit is the sign, the rest the size, less one below zero.
    function _applyPlain(uint256 pos, uint256 end, Sums memory sums) private returns (uint256) {
        uint256 nextSlot = sums.nextSlot;
        uint256 total = sums.delta;
        uint256 twiceMoved = sums.twiceMoved;
        uint256 count = sums.count;
        assembly ("memory-safe") {
            for {} lt(pos, end) { pos := add(pos, PAIR_BYTES) } {
                let pair := calldataload(pos)
                let slot := shr(224, pair)
                let zigzags := or(and(shr(128, pair), DELTA), and(shl(96, pair), HIGH_DELTA))
                let signs := and(zigzags, ONES)
                // Of both halves: the size, inverted where the sign says so. A low half below zero borrows from the high.
                let delta := xor(shr(1, xor(zigzags, signs)), mul(signs, HALF))
                delta := sub(delta, shl(128, signs))
                let key := add(_words.slot, slot)
                let word := sload(key)
                let after := add(word, delta)
                let plain := eq(and(and(word, after), TOPS), TOPS)
                if or(iszero(and(plain, lt(0, zigzags))), lt(slot, nextSlot)) { break }
                sstore(key, after)
                nextSlot := add(slot, 1)
                total := add(total, delta)
                twiceMoved := add(twiceMoved, add(zigzags, signs))
                count := add(count, and(shr(127, add(zigzags, RESTS)), ONES))
            }
        }
        sums.nextSlot = nextSlot;
        sums.delta = total;
        sums.twiceMoved = twiceMoved;
        sums.count = count;
        return pos;
    }

    /// @dev Applies one pair step by step, or says what is wrong with it: house accounts, accounts whose neighbour is not
    /// open, and everything that is refused.
    function _applyOther(uint256 pos, Sums memory sums) private {
        uint256 pair;
        assembly ("memory-safe") {
            pair := calldataload(pos)
        }
        uint256 slot = pair >> 224;
        if (slot < sums.nextSlot) revert ISettlementLedger.UnsortedPairs(slot);
        if (slot >= SLOTS) revert ISettlementLedger.UnopenedAccount(uint32(slot << 1));
        uint256 even = (pair >> 128) & DELTA;
        uint256 odd = (pair >> 32) & DELTA;
        if (even == 0 && odd == 0) revert ISettlementLedger.EmptyPair(slot);
        sums.nextSlot = slot + 1;
        int256 least = slot <= LAST_HOUSE_SLOT ? ZERO + houseFloor : ZERO;
        uint256 word = _words[slot];
        uint256 evenHalf = _move(uint32(slot << 1), word & HALF, even, least, sums);
        uint256 oddHalf = _move(uint32(slot << 1) | 1, word >> 128, odd, least, sums);
        _words[slot] = (oddHalf << 128) | evenHalf;
    }

    function _move(uint32 index, uint256 half, uint256 zigzag, int256 least, Sums memory sums)
        private
        pure
        returns (uint256)
    {
        if (zigzag == 0) return half;
        unchecked {
            int256 delta = int256(zigzag >> 1) ^ -int256(zigzag & 1);
            uint256 shift = _shift(index);
            sums.delta += uint256(delta) << shift;
            sums.twiceMoved += (zigzag + (zigzag & 1)) << shift;
            sums.count += 1 << shift;
            return _check(index, half, delta, least);
        }
    }

    function _check(uint32 index, uint256 half, int256 delta, int256 least) private pure returns (uint256) {
        if (half == 0) revert ISettlementLedger.UnopenedAccount(index);
        int256 moved = int256(half) + delta;
        if (moved < least) revert ISettlementLedger.BelowFloor(index, moved - ZERO);
        return uint256(moved);
    }

    function _bothHalves(uint256 sums) private pure returns (uint256) {
        return (sums & HALF) + (sums >> 128);
    }

    function _shift(uint32 index) private pure returns (uint256) {
        return (index & 1) << 7;
    }

    function _half(uint256 word, uint32 index) private pure returns (uint256) {
        return (word >> _shift(index)) & HALF;
    }
}
