//! The syntax of `InternVL`: `<ref>two ships</ref><box>[[x1, y1, x2, y2], …]</box>`.

use super::items::Items;
use super::list;
use crate::reason::Reason;
use crate::unicode::is_space;

/// Read groups, juxtaposed or comma-joined, each perhaps after its phrase; a list may stand without its tags, which some
/// tokenizers drop. `[]` is none.
pub(super) fn read(text: &str, items: &mut Items<'_>) -> Result<(), Reason> {
    let mut rest = text.trim_matches(is_space);
    let mut box_must_follow = true;
    while !rest.is_empty() {
        if let Some(phrase) = rest.strip_prefix("<ref>") {
            let (_, after) = phrase.split_once("</ref>").ok_or(Reason::BadJson)?;
            rest = after;
            box_must_follow = true;
        } else if let Some(inside) = rest.strip_prefix("<box>") {
            let (lists, after) = inside.split_once("</box>").ok_or(Reason::BadJson)?;
            list::read(lists, items)?;
            rest = after;
            box_must_follow = false;
        } else if rest.starts_with('[') {
            let (lists, after) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
            let lists = lists.trim_end_matches(is_space);
            list::read(if after.is_empty() { lists } else { lists.strip_suffix(',').unwrap_or(lists) }, items)?;
            rest = after;
            box_must_follow = !after.is_empty();
        } else if let Some(after) = rest.strip_prefix(',').filter(|_| !box_must_follow) {
            rest = after;
            box_must_follow = true;
        } else {
            return Err(Reason::BadJson);
        }
        rest = rest.trim_start_matches(is_space);
    }
    if box_must_follow { Err(Reason::BadJson) } else { Ok(()) }
}
