//! GeoChat's syntax: `<p>two ships</p> {<8><26><22><37>|<45>}<delim>{<1><2><3><4>}`.

use super::items::{Items, Numbers};
use super::runs::{Runs, WINDOW, window};
use crate::number;
use crate::reason::Reason;
use crate::unicode::is_space;

const OPENING: &str = "{<";
const CLOSING: &[u8; 2] = b">}";

/// Read boxes, juxtaposed or joined by `<delim>`, each group perhaps after its phrase; `[]` is none.
pub(super) fn read(text: &str, items: &mut Items<'_>) -> Result<(), Reason> {
    let mut rest = text.trim_matches(is_space);
    if rest == "[]" {
        return Ok(());
    }
    let mut box_must_follow = true;
    while !rest.is_empty() {
        if let Some(phrase) = rest.strip_prefix("<p>") {
            let (_, after) = phrase.split_once("</p>").ok_or(Reason::BadJson)?;
            rest = after;
            box_must_follow = true;
        } else if rest.starts_with('{') {
            rest = joined(rest, items)?;
            box_must_follow = false;
        } else if let Some(after) = rest.strip_prefix("<delim>").filter(|_| !box_must_follow) {
            rest = after;
            box_must_follow = true;
        } else {
            return Err(Reason::BadJson);
        }
        rest = rest.trim_start_matches(is_space);
    }
    if box_must_follow { Err(Reason::BadJson) } else { Ok(()) }
}

/// Read one box, and further ones that follow it after `<delim>` alone; gives the text after them.
fn joined<'t>(text: &'t str, items: &mut Items<'_>) -> Result<&'t str, Reason> {
    let mut rest = one(text, items)?;
    while let Some(next) = rest.strip_prefix("<delim>").filter(|next| next.starts_with('{')) {
        rest = one(next, items)?;
    }
    Ok(rest)
}

/// Read `{<x1><y1><x2><y2>|<angle>}`; gives the text after it.
fn one<'t>(text: &'t str, items: &mut Items<'_>) -> Result<&'t str, Reason> {
    if let Some((numbers, after)) = short(text) {
        items.offer(numbers, None);
        return Ok(after);
    }
    let mut numbers = Numbers::default();
    let mut corner_count = 0;
    let mut at = 1;
    while text.get(at..).is_some_and(|rest| rest.starts_with('<')) {
        at = bracketed(text, at, &mut numbers)?;
        corner_count += 1;
    }
    if text.get(at..).is_some_and(|rest| rest.starts_with("|<")) {
        at = bracketed(text, at + 1, &mut numbers)?;
    }
    let after = text.get(at..).and_then(|rest| rest.strip_prefix('}')).ok_or(Reason::BadJson)?;
    if corner_count == 4 {
        items.offer(numbers, None);
    } else {
        items.refuse(Reason::WrongArity);
    }
    Ok(after)
}

/// The box of four short whole numbers, and perhaps an angle, that `text` starts with, as models nearly always write it.
#[inline]
fn short(text: &str) -> Option<(Numbers, &str)> {
    let mut spare = [0; WINDOW];
    let runs = Runs::<4>::of(window(text.as_bytes().strip_prefix(OPENING.as_bytes())?, &mut spare))?;
    let (angle, end) = runs.next_after(*b">|<").unwrap_or((0.0, runs.end(3)));
    let is_closed = runs.are_separated(*b"><") && runs.at(end) == Some(*CLOSING);
    let [x1, y1, x2, y2] = runs.values.map(f64::from);
    let after = text.get(OPENING.len() + end + CLOSING.len()..).filter(|_| is_closed)?;
    Some(([x1, y1, x2, y2, angle].into(), after))
}

fn bracketed(text: &str, at: usize, numbers: &mut Numbers) -> Result<usize, Reason> {
    let (value, end) = number::scan(text, at + 1)?;
    numbers.push(value);
    if text.as_bytes().get(end) == Some(&b'>') { Ok(end + 1) } else { Err(Reason::BadJson) }
}
