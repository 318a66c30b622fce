//! What a caller can do wrong. Model output is never an error.

use thiserror::Error;

/// A wrong shape, length or index, with the argument that has it.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum InputError {
    /// Two arguments that belong together differ in length.
    #[error("{argument} has {found} entries where {expected} are needed, one for each of {of}.")]
    Length {
        /// The argument.
        argument: &'static str,
        /// Its length.
        found: usize,
        /// The length that fits.
        expected: usize,
        /// What it must have an entry for.
        of: &'static str,
    },
    /// An index points outside.
    #[error("{argument}[{row}] is {index}; it must be at least 0 and below {len}.")]
    Index {
        /// The argument.
        argument: &'static str,
        /// The place in it.
        row: usize,
        /// What stands there.
        index: i64,
        /// How many entries may be pointed at.
        len: usize,
    },
    /// Offsets do not cut their array into rows.
    #[error("offsets must start at 0, never fall and end at {len}; offsets[{row}] is {found}.")]
    Offsets {
        /// The place in the offsets.
        row: usize,
        /// What stands there.
        found: i64,
        /// Length of the array that they cut.
        len: usize,
    },
    /// A number is outside its range.
    #[error("{argument}[{row}] is {found}; it must be {needed}.")]
    Value {
        /// The argument.
        argument: &'static str,
        /// The place in it.
        row: usize,
        /// What stands there.
        found: String,
        /// What may stand there.
        needed: &'static str,
    },
    /// Answers and truth do not belong together.
    #[error("The answers were read against another {0}; parse them again with this one.")]
    Foreign(&'static str),
}

/// Check that `offsets` cuts an array of `len` entries into rows.
///
/// ```
/// use rust_rewards::error::offsets;
/// assert_eq!(offsets(&[0, 2, 5], 5), Ok(vec![0, 2, 5]));
/// assert_eq!(offsets(&[0, 6], 5).unwrap_err().to_string(), "offsets must start at 0, never fall and end at 5; offsets[1] is 6.");
/// ```
///
/// # Errors
/// `Offsets` with the first place that is wrong.
pub fn offsets(offsets: &[i64], len: usize) -> Result<Vec<usize>, InputError> {
    let wrong = |row: usize, found: i64| InputError::Offsets { row, found, len };
    let mut checked = Vec::with_capacity(offsets.len());
    for (row, &offset) in offsets.iter().enumerate() {
        let before = checked.last().copied().unwrap_or(0);
        let value = usize::try_from(offset).ok().filter(|&value| value >= before && value <= len);
        let starts_right = row > 0 || offset == 0;
        checked.push(value.filter(|_| starts_right).ok_or_else(|| wrong(row, offset))?);
    }
    match checked.last() {
        Some(&last) if last == len => Ok(checked),
        Some(_) => Err(wrong(checked.len() - 1, offsets.last().copied().unwrap_or(0))),
        None => Err(wrong(0, 0)),
    }
}

/// Check that every row points into something of `len` entries.
///
/// ```
/// use rust_rewards::error::rows;
/// assert_eq!(rows("rows", &[1, 0], 2), Ok(vec![1, 0]));
/// assert_eq!(rows("rows", &[-1], 2).unwrap_err().to_string(), "rows[0] is -1; it must be at least 0 and below 2.");
/// ```
///
/// # Errors
/// `Index` with the first row that does not.
pub fn rows(argument: &'static str, rows: &[i64], len: usize) -> Result<Vec<usize>, InputError> {
    let check = |(row, &index): (usize, &i64)| {
        usize::try_from(index).ok().filter(|&value| value < len).ok_or(InputError::Index { argument, row, index, len })
    };
    rows.iter().enumerate().map(check).collect()
}

/// Check that an argument has one entry for each of something.
///
/// # Errors
/// `Length` where it has not.
pub fn length(argument: &'static str, found: usize, expected: usize, of: &'static str) -> Result<(), InputError> {
    if found == expected { Ok(()) } else { Err(InputError::Length { argument, found, expected, of }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_cut() {
        assert_eq!(offsets(&[0, 2, 2, 5], 5), Ok(vec![0, 2, 2, 5]));
        for wrong in [&[][..], &[1, 5], &[0, 3, 2, 5], &[0, 4], &[0, 6], &[-1, 5]] {
            assert!(offsets(wrong, 5).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn rows_point_inside() {
        assert_eq!(rows("rows", &[1, 0], 2), Ok(vec![1, 0]));
        let message = rows("rows", &[0, 2], 2).unwrap_err().to_string();
        assert_eq!(message, "rows[1] is 2; it must be at least 0 and below 2.");
    }
}
