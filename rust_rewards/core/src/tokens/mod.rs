//! The word tokens that EarthDial's scorers compare, and what the published scorers make of them.

mod contractions;
mod nltk;
mod sentence;
mod signs;
mod truth;
mod words;

pub use nltk::Tokens;
pub use truth::TokenTruth;
