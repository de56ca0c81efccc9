//! What came out: one record a run, the page of tables, and a plot.

mod goals;
mod headline;
mod number;
mod outcome;
mod page;
mod plot;
mod sections;
mod table;

pub(crate) use headline::with_headline;
pub(crate) use outcome::{Cores, Faults, Outcome, Results};
pub(crate) use page::page;
pub(crate) use plot::plot;
