// The default theme with the fonts that a machine has: nothing to load.
import Theme from 'vitepress/theme-without-fonts';
import './style.css';

export default Theme;
