//! Python binding of `rust-rewards`: conversions only. What each name does stands in `geovlm_cli/_rust_rewards.pyi`.

mod answers;
mod ap;
mod arrays;
mod boxes;
mod captions;
mod entries;
mod errors;
mod guards;
mod labels;
mod pipeline;
mod rows;
mod strings;
mod text;
mod texts;
mod tokens;

use pyo3::prelude::pymodule;

#[pymodule(gil_used = false)]
mod _rust_rewards {
    use pyo3::prelude::*;
    use pyo3::types::PyTuple;
    use rust_rewards::Reason;

    #[pymodule_export]
    use crate::answers::{AnswerColumn, AnswerTruth, parse_answers};
    #[pymodule_export]
    use crate::ap::{average_precision, coco_entries, coco_summary};
    #[pymodule_export]
    use crate::boxes::{BoxColumn, BoxTruth, assign, iou, parse_boxes, parse_grounded};
    #[pymodule_export]
    use crate::captions::{BleuTruth, CiderTruth, DocumentFrequencies, MeteorTruth};
    #[pymodule_export]
    use crate::entries::read_entries;
    #[pymodule_export]
    use crate::errors::{RewardInputError, RewardInternalError, set_threads};
    #[pymodule_export]
    use crate::guards::{completion_bytes, repeated_boxes, repeated_words};
    #[pymodule_export]
    use crate::labels::{LabelColumn, LabelTruth, parse_labels};
    #[pymodule_export]
    use crate::pipeline::{count_labels, score_answers, score_boxes, score_grounded, score_labels, score_texts};
    #[pymodule_export]
    use crate::rows::{may_repeat_keys, read_rows};
    #[pymodule_export]
    use crate::text::{TextColumn, TextTruth, parse_text};
    #[pymodule_export]
    use crate::texts::{Texts, read_structure};
    #[pymodule_export]
    use crate::tokens::TokenTruth;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let names = [""].into_iter().chain(Reason::ALL.map(Reason::name));
        module.add("REASONS", PyTuple::new(module.py(), names.collect::<Vec<_>>())?)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
