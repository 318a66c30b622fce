//! Boxes out of answer texts, in the syntax that the profile declares.

mod column;
mod earthdial;
mod geochat;
mod items;
mod list;
mod qwen;
mod usual;

pub use column::{BoxColumn, BoxRow, parse};
use items::Items;

use crate::reason::Reason;

/// How an answer writes boxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// A JSON list of `{"bbox_2d": [x1, y1, x2, y2], "label": "…"}`.
    QwenJson,
    /// `[x1, y1, x2, y2]`, juxtaposed or comma-joined, in at most two further brackets.
    List4,
    /// `[x1, y1, x2, y2, angle]`, likewise.
    List5,
    /// `{<x1><y1><x2><y2>|<angle>}`, juxtaposed or joined by `<delim>`, with an optional `<p>phrase</p>`.
    GeoChat,
    /// Every bracket of digits in the text, as EarthDial's evaluators find them.
    EarthDial,
}

impl Syntax {
    /// The syntax of a name, if there is one.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "qwen-json" => Some(Self::QwenJson),
            "list4" => Some(Self::List4),
            "list5" => Some(Self::List5),
            "geochat" => Some(Self::GeoChat),
            "earthdial" => Some(Self::EarthDial),
            _ => None,
        }
    }
}

fn read<'a>(text: &'a str, syntax: Syntax, one: bool, items: &mut Items<'a, '_>) -> Result<(), Reason> {
    match syntax {
        Syntax::QwenJson => qwen::read(text, one, items),
        Syntax::List4 | Syntax::List5 => list::read(text, items),
        Syntax::GeoChat => geochat::read(text, items),
        Syntax::EarthDial => {
            earthdial::read(text, items);
            Ok(())
        }
    }
}
