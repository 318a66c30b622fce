//! Boxes out of answer texts, in the syntax that the profile declares.

mod column;
mod earthdial;
mod entries;
mod geochat;
mod grounded;
mod internvl;
mod items;
mod list;
mod qwen;
mod recent;
mod runs;
mod usual;

pub use column::{BoxColumn, BoxRow, parse, parse_grounded};
pub use entries::{Entry, entries};
pub use grounded::{Grounded, split};
pub(crate) use items::Found;
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
    /// `<ref>phrase</ref><box>[[x1, y1, x2, y2]]</box>`.
    InternVl,
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
            "internvl" => Some(Self::InternVl),
            "earthdial" => Some(Self::EarthDial),
            _ => None,
        }
    }
}

/// How answers write boxes, and whether each is to name exactly one.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// The syntax.
    pub syntax: Syntax,
    /// Exactly one box.
    pub one: bool,
}

impl Form {
    /// Add the boxes of an answer to `found`; gives how many items are no box. An answer that cannot be read adds none.
    pub(crate) fn read(self, text: &str, extent: [f64; 2], found: &mut Found) -> Result<usize, Reason> {
        let start = found.rects.len();
        let mut items = Items::new(self.syntax, extent, found);
        let read = read(text, self, &mut items).and_then(|()| items.finish(self.one));
        if read.is_err() {
            found.truncate(start);
        }
        read
    }
}

fn read(text: &str, form: Form, items: &mut Items<'_>) -> Result<(), Reason> {
    let Form { syntax, one } = form;
    match syntax {
        Syntax::QwenJson => qwen::read(text, one, items),
        Syntax::List4 | Syntax::List5 => list::read(text, items),
        Syntax::GeoChat => geochat::read(text, items),
        Syntax::InternVl => internvl::read(text, items),
        Syntax::EarthDial => {
            earthdial::read(text, items);
            Ok(())
        }
    }
}
