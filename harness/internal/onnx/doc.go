// Package onnx reads the node tests of ONNX's operator Attention (opset 23 and 24), a folder each with model.onnx and
// test_data_set_0, and makes attention problems of them that any path can compute. What a case cannot say is told by
// name. It judges no output and runs no path.
package onnx
