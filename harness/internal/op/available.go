package op

// Available says why the variant does not exist for this build, on whatever
// host it runs; "" when it does. A system that is not Linux has no attempts, and
// architectures that came later never had open, mknod, rename and the other
// calls that the *at family superseded: such a probe is neither broken nor a
// decision.
func Available(o *Op, v *Variant) string { return available(o, v) }
