//! Texts asked for before they are needed: most of what a short answer costs is the wait for its text.

use std::ops::Deref;

use prefetch_index::prefetch_index;

/// How many texts ahead to ask: enough work to cover the wait, near enough that what was asked for is still there.
pub const STEPS: usize = 2;
/// A core waits for no more lines than that at once.
const MOST_LINES: usize = 64;
const LINE_BYTES: usize = 64;

/// Ask for a text that will be read soon. Changes nothing but the processor's cache.
///
/// ```
/// rust_rewards::ahead::ask("two runways");
/// ```
pub fn ask(text: &str) {
    ask_table(text.as_bytes());
}

/// The same of a table that will be looked up in.
pub(crate) fn ask_table<T>(table: &[T]) {
    let step = (LINE_BYTES / size_of::<T>().max(1)).max(1);
    (0..table.len()).step_by(step).take(MOST_LINES).for_each(|at| prefetch_index(table, at));
}

/// Ask for the text some steps behind `place`.
pub(crate) fn ask_behind<S: Deref<Target = str>>(texts: &[S], place: usize) {
    if let Some(next) = texts.get(place + STEPS) {
        ask(next);
    }
}
