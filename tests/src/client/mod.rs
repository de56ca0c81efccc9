//! Clients of Plaza: REST and WebSocket, as a user's program would be.

mod answer;
mod browser;
pub mod frames;
mod http;
mod rest;
pub mod second_factor;
mod socket;
mod user;

pub use answer::Answer;
pub use browser::Browser;
pub use http::http_client;
pub use reqwest::{Body, Method, StatusCode, header, redirect::Policy};
pub use rest::Api;
pub use socket::{Ended, Socket};
pub use user::{PASSWORD, User};
