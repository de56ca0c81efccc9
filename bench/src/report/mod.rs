//! What came out: one record a run, the page of tables, and a plot.

mod outcome;
mod page;
mod plot;

pub(crate) use outcome::{Cores, Faults, Outcome, Results};
pub(crate) use page::page;
pub(crate) use plot::plot;
