//! The word tokens that EarthDial's scorers compare, and what the published scorers make of them.

mod nltk;
mod signs;
mod truth;

pub use nltk::Tokens;
pub use truth::TokenTruth;
