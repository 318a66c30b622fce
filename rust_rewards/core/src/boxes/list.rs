//! The list syntaxes: `[83,58,87,62,37],[1,2,3,4,0]`, `[[…]][[…]]`, `[[…], […]]`; `[]` is none.

use super::items::{Items, Numbers};
use super::runs::{Runs, WINDOW, window};
use crate::number;
use crate::reason::Reason;

/// Brackets that may stand round the lists.
const OUTER: usize = 2;

/// Read one or more lists, juxtaposed or comma-joined, inside at most two further brackets.
pub(super) fn read(text: &str, items: &mut Items<'_>) -> Result<(), Reason> {
    let mut cursor = Cursor { text, at: 0 };
    let mut depth = 0;
    // A list or a closed group just ended: only here may a comma or a closing bracket stand.
    let mut after_list = false;
    loop {
        match cursor.next() {
            Some(b'[') => match cursor.ahead(1) {
                Some(b'[') if depth == OUTER => return Err(Reason::TooDeep),
                Some(b'[') => {
                    cursor.at += 1;
                    depth += 1;
                    after_list = false;
                }
                _ => {
                    cursor.list(items)?;
                    after_list = true;
                }
            },
            Some(b']') if after_list && depth > 0 => {
                cursor.at += 1;
                depth -= 1;
            }
            Some(b',') if after_list => {
                cursor.at += 1;
                after_list = false;
            }
            None if after_list && depth == 0 => return Ok(()),
            _ => return Err(Reason::BadJson),
        }
    }
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl Cursor<'_> {
    /// The next byte that is no white space; the cursor stands on it.
    fn next(&mut self) -> Option<u8> {
        loop {
            match self.text.as_bytes().get(self.at)? {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                byte => return Some(*byte),
            }
        }
    }

    /// The byte that is no white space `skip` bytes on; the cursor stays.
    fn ahead(&self, skip: usize) -> Option<u8> {
        Cursor { text: self.text, at: self.at + skip }.next()
    }

    /// Read `[number, …]`; an empty list names no box.
    fn list(&mut self, items: &mut Items<'_>) -> Result<(), Reason> {
        self.at += 1;
        if let Some(numbers) = self.short_list() {
            items.offer(numbers, None);
            return Ok(());
        }
        if self.next() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        let mut numbers = Numbers::default();
        loop {
            self.next();
            let (value, end) = number::scan(self.text, self.at)?;
            numbers.push(value);
            self.at = end;
            let separator = self.next();
            self.at += 1;
            match separator {
                Some(b',') => {}
                Some(b']') => break,
                _ => return Err(Reason::BadJson),
            }
        }
        items.offer(numbers, None);
        Ok(())
    }

    /// Pass over a list of four short whole numbers, and perhaps an angle, as models nearly always write it.
    #[inline]
    fn short_list(&mut self) -> Option<Numbers> {
        let mut spare = [0; WINDOW];
        let runs = Runs::<4>::of(window(self.text.as_bytes().get(self.at..)?, &mut spare))?;
        let [x1, y1, x2, y2] = runs.list()?;
        let (numbers, end) = match runs.next_after(*b", ").or_else(|| runs.next_after(*b",")) {
            Some((angle, end)) => ([x1, y1, x2, y2, angle].into(), end),
            None => ([x1, y1, x2, y2].into(), runs.end(3)),
        };
        (runs.at(end) == Some(*b"]")).then(|| self.at += end + 1)?;
        Some(numbers)
    }
}
