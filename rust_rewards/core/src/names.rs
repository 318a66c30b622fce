//! Label texts of a batch, each kept once.

use rustc_hash::FxHashMap;

use crate::error::{self, InputError};

/// Index of a distinct label text, or no label.
pub type Name = Option<u32>;

/// Distinct label texts with their indices.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    texts: Vec<String>,
    index: FxHashMap<String, u32>,
}

impl Names {
    /// The index of a text.
    pub(crate) fn id(&mut self, text: &str) -> u32 {
        self.index.get(text).copied().unwrap_or_else(|| self.insert(text))
    }

    /// The distinct texts, in order of first appearance.
    pub(crate) fn texts(&self) -> &[String] {
        &self.texts
    }

    /// One label a box, or no label at all for a row that has none.
    pub(crate) fn labels<'l>(
        &mut self,
        labels: Option<impl IntoIterator<Item = Vec<&'l str>>>,
        offsets: &[usize],
    ) -> Result<Vec<Name>, InputError> {
        let boxes = offsets.last().copied().unwrap_or(0);
        let Some(labels) = labels else {
            return Ok(vec![None; boxes]);
        };
        let mut ids = Vec::with_capacity(boxes);
        let mut rows = 0;
        for (row, (bounds, labels)) in offsets.windows(2).zip(labels).enumerate() {
            let count = bounds.last().copied().unwrap_or(0) - bounds.first().copied().unwrap_or(0);
            if labels.is_empty() {
                ids.resize(ids.len() + count, None);
            } else if labels.len() == count {
                ids.extend(labels.iter().map(|label| Some(self.id(label))));
            } else {
                let found = format!("a list of {} labels", labels.len());
                return Err(InputError::Value {
                    argument: "labels",
                    row,
                    found,
                    needed: "one label a box, or none at all",
                });
            }
            rows += 1;
        }
        error::length("labels", rows, offsets.len() - 1, "the rows")?;
        Ok(ids)
    }

    fn insert(&mut self, text: &str) -> u32 {
        let id = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.push(text.to_owned());
        self.index.insert(text.to_owned(), id);
        id
    }
}
