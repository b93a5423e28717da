package bench

import (
	"math"
	"slices"
)

// Series is what one probe measured, a value for each round: seconds or bytes.
type Series []float64

// Median is the value in the middle; NaN of an empty series.
func (s Series) Median() float64 { return s.at(0.5) }

// MiddleHalf is the range in which the middle half of the values lies.
func (s Series) MiddleHalf() (low, high float64) { return s.at(0.25), s.at(0.75) }

// at is the value below which that part of the values lies, between two values in proportion.
func (s Series) at(part float64) float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(s))
	place := part * float64(len(sorted)-1)
	below := int(place)
	above := min(below+1, len(sorted)-1)
	return sorted[below] + (place-float64(below))*(sorted[above]-sorted[below])
}

// plus adds the same to every value.
func (s Series) plus(addend float64) Series {
	sum := slices.Clone(s)
	for i := range sum {
		sum[i] += addend
	}
	return sum
}

// Ratio compares two series of the same rounds.
type Ratio struct {
	// Value is the median of the one by the median of the other.
	Value float64
	// Low and High bound the middle half of the rounds' own ratios.
	Low, High float64
}

// over is how a series compares with another.
func (s Series) over(other Series) Ratio {
	var each Series
	for i := range min(len(s), len(other)) {
		each = append(each, s[i]/other[i])
	}
	low, high := each.MiddleHalf()
	return Ratio{s.Median() / other.Median(), low, high}
}
