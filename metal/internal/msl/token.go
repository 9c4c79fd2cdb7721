package msl

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

type tokenKind uint8

const (
	identifier tokenKind = iota
	number
	text // string and character literals
	punctuation
)

// token is one token of a preprocessed text, with all that stands between the one before and it: white space,
// comments, pragmas and line markers. Writing out space, before, text and after of every token puts the text
// together again, so what the rewriter does not touch stays as it was, on the line where it was.
type token struct {
	kind     tokenKind
	space    string
	before   string // what the rewriter puts in front
	text     string
	after    string // what the rewriter appends
	original string // the text before the rewriter
	offset   int
	file     string // where the token comes from, by the line markers
	line     int
	column   int // 1 is the first
	pair     int // the index of the bracket that belongs to a bracket
}

// SyntaxError is a place where a text is not MSL, as far as the tokenizer and the rewriter look.
type SyntaxError struct {
	File    string
	Line    int
	Column  int
	Message string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s:%d:%d: error: %s", e.File, e.Line, e.Column, e.Message)
}

// lexer splits a text. It follows line markers (# 12 "file.metal") and #line directives.
type lexer struct {
	source string
	at     int
	file   string
	line   int
	start  int  // offset of the current line's first byte
	raw    bool // the text is not preprocessed: lines are counted as they are
}

// The longest come first. ">>" is left as two tokens: it may close two template argument lists.
var punctuations = []string{
	"...", "<<=", ">>=", "->*",
	"::", "->", "++", "--", "<<", "<=", ">=", "==", "!=", "&&", "||",
	"+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", ".*", "##",
}

// tokenize splits source, which must be valid UTF-8, into tokens. The last one has no text: it carries the space at
// the end.
func tokenize(source, file string) ([]token, error) {
	l := &lexer{source: source, file: file, line: 1}
	return l.all()
}

func (l *lexer) all() ([]token, error) {
	source := l.source
	if !utf8.ValidString(source) || strings.IndexByte(source, 0) >= 0 {
		return nil, l.fail("the text is not UTF-8 without NUL bytes")
	}
	tokens := make([]token, 0, len(source)/4)
	for {
		from := l.at
		if err := l.skipSpace(); err != nil {
			return nil, err
		}
		t := token{space: source[from:l.at], file: l.file, line: l.line, column: l.at - l.start + 1, offset: l.at, pair: -1}
		if l.at == len(source) {
			return append(tokens, t), nil
		}
		from = l.at
		kind, err := l.scan()
		if err != nil {
			return nil, err
		}
		t.kind, t.text = kind, source[from:l.at]
		t.original = t.text
		tokens = append(tokens, t)
	}
}

func (l *lexer) fail(format string, args ...any) error {
	return &SyntaxError{l.file, l.line, l.at - l.start + 1, fmt.Sprintf(format, args...)}
}

func (l *lexer) rest() string { return l.source[l.at:] }

func (l *lexer) newline() {
	l.at++
	l.line++
	l.start = l.at
}

// skipSpace passes white space, comments and directives.
func (l *lexer) skipSpace() error {
	for l.at < len(l.source) {
		switch c := l.source[l.at]; {
		case c == '\n':
			l.newline()
		case c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v':
			l.at++
		case c == '\\' && strings.HasPrefix(l.rest(), "\\\n"):
			l.at++
			l.newline()
		case strings.HasPrefix(l.rest(), "//"):
			l.skipLine()
		case strings.HasPrefix(l.rest(), "/*"):
			if err := l.skipComment(); err != nil {
				return err
			}
		case c == '#' && strings.TrimLeft(l.source[l.start:l.at], " \t") == "":
			l.directive()
		default:
			return nil
		}
	}
	return nil
}

// skipLine goes to the end of the line, and of those it is continued on, before its newline.
func (l *lexer) skipLine() {
	for l.at < len(l.source) && l.source[l.at] != '\n' {
		if strings.HasPrefix(l.rest(), "\\\n") {
			l.at++
			l.newline()
			continue
		}
		l.at++
	}
}

func (l *lexer) skipComment() error {
	end := strings.Index(l.source[l.at+2:], "*/")
	if end < 0 {
		return l.fail("this comment does not end")
	}
	for stop := l.at + 2 + end + 2; l.at < stop; {
		if l.source[l.at] == '\n' {
			l.newline()
		} else {
			l.at++
		}
	}
	return nil
}

// directive passes a preprocessor directive; a line marker names the next line.
func (l *lexer) directive() {
	from := l.at
	l.skipLine()
	if l.raw {
		return
	}
	fields := strings.TrimSpace(strings.TrimPrefix(l.source[from+1:l.at], " "))
	fields = strings.TrimSpace(strings.TrimPrefix(fields, "line "))
	digits, rest, _ := strings.Cut(fields, " ")
	line, err := strconv.Atoi(digits)
	if err != nil || line < 0 {
		return
	}
	if l.at < len(l.source) {
		l.newline()
	}
	l.line = line
	if quoted, err := strconv.QuotedPrefix(strings.TrimSpace(rest)); err == nil {
		if name, err := strconv.Unquote(quoted); err == nil {
			l.file = name
		}
	}
}

func (l *lexer) scan() (tokenKind, error) {
	c := l.source[l.at]
	switch {
	case isLetter(c):
		for l.at < len(l.source) && (isLetter(l.source[l.at]) || isDigit(l.source[l.at])) {
			l.at++
		}
		return identifier, nil
	case isDigit(c) || c == '.' && l.at+1 < len(l.source) && isDigit(l.source[l.at+1]):
		l.scanNumber()
		return number, nil
	case c == '"' || c == '\'':
		return text, l.scanText(c)
	}
	for _, p := range punctuations {
		if strings.HasPrefix(l.rest(), p) {
			l.at += len(p)
			return punctuation, nil
		}
	}
	_, size := utf8.DecodeRuneInString(l.rest())
	l.at += size
	return punctuation, nil
}

// scanNumber takes a preprocessing number: digits, letters, dots, and signs after an exponent's letter.
func (l *lexer) scanNumber() {
	hex := strings.HasPrefix(l.rest(), "0x") || strings.HasPrefix(l.rest(), "0X")
	for ; l.at < len(l.source); l.at++ {
		c := l.source[l.at]
		if isLetter(c) || isDigit(c) || c == '.' {
			continue
		}
		if c == '+' || c == '-' {
			switch l.source[l.at-1] {
			case 'p', 'P':
				continue
			case 'e', 'E':
				if !hex {
					continue
				}
			}
		}
		return
	}
}

func (l *lexer) scanText(quote byte) error {
	for i := l.at + 1; i < len(l.source) && l.source[i] != '\n'; i++ {
		switch l.source[i] {
		case '\\':
			i++
		case quote:
			l.at = i + 1
			return nil
		}
	}
	return l.fail("this literal does not end on its line")
}

func isLetter(c byte) bool {
	return c == '_' || c == '$' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= utf8.RuneSelf
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
