//! Texts asked for before they are needed: most of what a short answer costs is the wait for its text.

use std::ops::Deref;

use prefetch_index::prefetch_index;

/// How many texts ahead to ask: enough work to cover the wait, near enough that what was asked for is still there.
pub const STEPS: usize = 2;
/// A core waits for about as many lines at once as so long a text has.
const MOST_BYTES: usize = 4096;
const LINE_BYTES: usize = 64;

/// Ask for a text that will be read soon. Changes nothing but the processor's cache.
///
/// ```
/// rust_rewards::ahead::ask("two runways");
/// ```
pub fn ask(text: &str) {
    let bytes = text.as_bytes();
    (0..bytes.len().min(MOST_BYTES)).step_by(LINE_BYTES).for_each(|at| prefetch_index(bytes, at));
}

/// Ask for the text some steps behind `place`.
pub(crate) fn ask_behind<S: Deref<Target = str>>(texts: &[S], place: usize) {
    if let Some(next) = texts.get(place + STEPS) {
        ask(next);
    }
}
