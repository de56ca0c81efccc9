//! The worker as programs run it.

mod children;
mod embedded;
mod world;
