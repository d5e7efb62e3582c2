// Package specs turns a compiled plan into Ginkgo nodes: every scenario in
// every lane it supports is a spec, labelled with its lane and with
// profile:<id>, op:<operation> and plan:<id>. A spec's evidence travels as a
// report entry; a Reporter given to Run turns the finished report into a
// bundle.
//
// It is the only package that knows both the engine and Ginkgo. Generated
// suites call Embedded, rtgen run calls RunInProcess.
package specs
