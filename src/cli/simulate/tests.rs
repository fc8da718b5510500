//! Tests of simulations of a cluster.
