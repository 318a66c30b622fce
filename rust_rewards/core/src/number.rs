//! JSON numbers, bounded in length.

use crate::limits;
use crate::reason::Reason;

/// Whether a number may start with this byte.
pub(crate) fn starts_number(byte: u8) -> bool {
    byte == b'-' || byte.is_ascii_digit()
}

/// Read the number that starts at `at`; gives its value and the position after it.
pub(crate) fn scan(text: &str, at: usize) -> Result<(f64, usize), Reason> {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    if let Some((value, length)) = short_integer(rest) {
        return Ok((value, at + length));
    }
    let (length, is_integer) = literal(rest)?;
    let most = if is_integer { limits::INTEGER_CHARS } else { limits::NUMBER_CHARS };
    if length > most {
        return Err(Reason::BadNumber);
    }
    let value = text.get(at..at + length).and_then(|literal| literal.parse().ok()).ok_or(Reason::BadJson)?;
    Ok((value, at + length))
}

/// Length of the literal by the grammar of RFC 8259, and whether it is an integer.
fn literal(bytes: &[u8]) -> Result<(usize, bool), Reason> {
    let sign = usize::from(bytes.first() == Some(&b'-'));
    let whole = digits(bytes, sign);
    if whole == 0 || (whole > 1 && bytes.get(sign) == Some(&b'0')) {
        return Err(Reason::BadJson);
    }
    let mut end = sign + whole;
    let mut is_integer = true;
    if bytes.get(end) == Some(&b'.') {
        end = some_digits(bytes, end + 1)?;
        is_integer = false;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        end = some_digits(bytes, end + 1 + sign)?;
        is_integer = false;
    }
    Ok((end, is_integer))
}

fn some_digits(bytes: &[u8], from: usize) -> Result<usize, Reason> {
    match digits(bytes, from) {
        0 => Err(Reason::BadJson),
        count => Ok(from + count),
    }
}

fn digits(bytes: &[u8], from: usize) -> usize {
    bytes.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// The value and length of up to nine digits, perhaps after a minus: the common case. None for anything else.
fn short_integer(bytes: &[u8]) -> Option<(f64, usize)> {
    let sign = usize::from(bytes.first() == Some(&b'-'));
    let digits = bytes.get(sign..)?;
    let (value, length) = few_digits(digits).or_else(|| digits_one_by_one(digits))?;
    if matches!(digits.get(length), Some(b'.' | b'e' | b'E')) {
        return None;
    }
    let value = f64::from(value);
    Some((if sign == 1 { -value } else { value }, sign + length))
}

/// The value and length of one to seven digits without a leading zero, where at least eight bytes are left.
///
/// Eight bytes are read as one number: a loop would mispredict at the end of nearly every coordinate.
pub(crate) fn few_digits(bytes: &[u8]) -> Option<(u32, usize)> {
    const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
    let bytes = bytes.first_chunk()?;
    // Each digit becomes its value. In the first byte that is none, and in no byte before it, the high bit gets set.
    let values = u64::from_le_bytes(*bytes) ^ ZEROS;
    let others = (values.wrapping_add(0x7676_7676_7676_7676) | values) & HIGH_BITS;
    let length = others.trailing_zeros() as usize / 8;
    Some((digits_value(*bytes, length)?, length))
}

/// The value of the first `length` bytes, which are digits: one to seven, without a leading zero.
#[inline]
pub(crate) fn digits_value(bytes: [u8; 8], length: usize) -> Option<u32> {
    let has_leading_zero = length > 1 && bytes.first() == Some(&b'0');
    if !(1..8).contains(&length) || has_leading_zero {
        return None;
    }
    // Eight digits with leading zeros; neighbours join to twos, fours, one number.
    let ones = (u64::from_le_bytes(bytes) ^ ZEROS) << (64 - 8 * length);
    let twos = (ones.wrapping_mul(10 << 8 | 1) >> 8) & 0x00FF_00FF_00FF_00FF;
    let fours = (twos.wrapping_mul(100 << 16 | 1) >> 16) & 0x0000_FFFF_0000_FFFF;
    u32::try_from(fours.wrapping_mul(10_000 << 32 | 1) >> 32).ok()
}

/// Eight times the digit zero.
const ZEROS: u64 = 0x3030_3030_3030_3030;

fn digits_one_by_one(digits: &[u8]) -> Option<(u32, usize)> {
    let (mut value, mut length) = (0_u32, 0);
    while let Some(digit) = digits.get(length).map(|byte| byte.wrapping_sub(b'0')).filter(|&digit| digit <= 9) {
        if length == 9 {
            return None;
        }
        value = value * 10 + u32::from(digit);
        length += 1;
    }
    let has_leading_zero = length > 1 && digits.first() == Some(&b'0');
    (length > 0 && !has_leading_zero).then_some((value, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        let cases = [("0", 0.0), ("-12,", -12.0), ("1.5e2]", 150.0), ("1234567890123", 1_234_567_890_123.0)];
        for (text, expected) in cases {
            let (value, _) = scan(text, 0).unwrap();
            assert_eq!(value.to_bits(), f64::to_bits(expected), "{text}");
        }
    }

    #[test]
    fn eight_bytes_at_once_read_what_one_by_one_reads() {
        for length in 1..=8 {
            for start in ["7000000", "1234567", "9999999", "0123456"] {
                for after in [",       ", "]", ".5      ", "\u{ff}       ", " 1234567"] {
                    let text = format!("{}{after}", start.repeat(2).get(..length).unwrap());
                    let slow = digits_one_by_one(text.as_bytes()).filter(|_| length < 8 && text.len() >= 8);
                    assert_eq!(few_digits(text.as_bytes()), slow, "{text}");
                }
            }
        }
    }

    #[test]
    fn refusals() {
        for text in ["", "-", "01", "1.", "1e", ".5", "+1", "NaN"] {
            assert_eq!(scan(text, 0), Err(Reason::BadJson), "{text}");
        }
        assert_eq!(scan(&"1".repeat(21), 0), Err(Reason::BadNumber));
        assert_eq!(scan(&format!("0.{}", "1".repeat(39)), 0), Err(Reason::BadNumber));
        assert!(scan(&"1".repeat(20), 0).is_ok());
    }
}
