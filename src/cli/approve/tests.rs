//! Decisions against a scripted API service.
